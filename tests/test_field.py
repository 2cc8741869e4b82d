"""Receptive fields: known networks, every kind and random networks against torch."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from time import perf_counter
from typing import Any

import field_check
import pytest
import reading_check
import torch
from torch.nn import functional

from shapecalc import check, from_module, loads, trace
from shapecalc.extents import Extent
from shapecalc.field import Field, latent, reached, reads, receptive_field
from shapecalc.layer import KINDS
from shapecalc.masks import covered, touching
from shapecalc.reading import groups, regroup
from shapecalc.show.fields import fields
from shapecalc.trace import Trace
from shapecalc.window import Slide

#: kinds of one number of axes stand for the others
FEW_KINDS = [
    kind for kind in sorted(KINDS) if not kind.endswith(("1d", "3d")) and not kind.startswith("Lazy")
]


def traced(input: str, *layers: str, **sections: list[str]) -> Trace:
    lines = [f"input: {input}", "layers:" if layers else "", *(f"  - {layer}" for layer in layers)]
    for name, inside in sections.items():
        lines += [f"{name}:", *(f"  - {layer}" for layer in inside)]
    return trace(loads("\n".join(lines)))


def spans(field: Field) -> tuple[tuple[int, int] | None, ...]:
    assert field.exact
    return field.intervals


def test_random_networks_read_what_gradients_say() -> None:
    layers, found = field_check.run_all(60, 20261122)
    assert not found, found[0]
    assert layers > 200


def test_kinds_read_what_torch_reads() -> None:
    compared, found = reading_check.run(FEW_KINDS, 2, 20261122)
    assert not found, found[0]
    assert compared > len(FEW_KINDS)


@pytest.mark.long
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kinds_read_what_torch_reads_at_length(kind: str) -> None:
    _, found = reading_check.run([kind], 200, 1)
    assert not found, found[0]


@pytest.mark.long
def test_random_networks_at_length() -> None:
    _, found = field_check.run_all(5000, 1)
    assert not found, found[0]


@pytest.mark.parametrize(
    ("layers", "position", "read"),
    [
        (("Conv1d(1, 1, 3, padding=1)",), 0, (0, 1)),
        (("Conv1d(1, 1, 3, stride=2)", "Conv1d(1, 1, 3, stride=2)"), 2, (8, 14)),
        (("Conv1d(1, 1, 3, padding=2, padding_mode='circular')",), 0, (0, 39)),
        (("Upsample(scale_factor=2)",), 3, (1, 1)),
        (("Upsample(scale_factor=2, mode='linear')",), 3, (1, 2)),
        (("ConvTranspose1d(1, 1, 4, stride=2, padding=1)",), 5, (2, 3)),
        (("AdaptiveAvgPool1d(7)",), 1, (5, 11)),
        (("ReflectionPad1d(3)",), 0, (3, 3)),
        (("Flatten()", "Linear(40, 5)"), 2, (0, 39)),
    ],
)
def test_reads(layers: tuple[str, ...], position: int, read: tuple[int, int]) -> None:
    assert spans(reads(traced("1x40", *layers), position=(position,))) == (read,)


def test_dilation_leaves_gaps() -> None:
    field = reads(traced("1x40", "Conv1d(1, 1, 3, dilation=2)", "Conv1d(1, 1, 3, dilation=2)"), position=(0,))
    assert field.positions(2) == tuple(range(at, at + 1) for at in (0, 2, 4, 6, 8))
    assert field.extent == (9,)


def test_a_skip_adds_what_it_reads() -> None:
    text = "input: 1x8\nlayers:\n  - a: Conv1d(1, 1, 3, padding=2, dilation=2)\n  - b: MaxPool1d(2)\n"
    text += "  - c: Upsample(scale_factor=2)\n  - Cat(c, a)\n"
    field = reads(trace(loads(text)), position=(5,))
    assert field.positions(2) == (range(2, 8),)


def test_channels_are_followed() -> None:
    """What is dropped of a join is not read."""
    text = "input: 2x9\nlayers:\n  - a: Conv1d(2, 2, 3, padding=1)\n  - b: Conv1d(2, 2, 5, padding=2, groups=2)\n"
    text += "  - Cat(a, b)\n  - "
    assert spans(reads(trace(loads(text + "Chunk(2, index=0)")), position=(4,))) == ((3, 5),)
    assert spans(reads(trace(loads(text + "Chunk(2, index=1)")), position=(4,))) == ((1, 7),)


def test_what_an_output_never_sees() -> None:
    """All outputs together: the pixels that the network loses."""
    field = reads(traced("1x10x474", "MaxPool2d(3)", "MaxPool2d(2)"))
    assert spans(field) == ((0, 5), (0, 473))
    assert reached(traced("1x10x474", "MaxPool2d(3)", "MaxPool2d(2)"), (9, 0)).is_empty


def test_statistics_count_when_asked_for() -> None:
    norm = traced("2x8x8", "GroupNorm(1, 2)", "Conv2d(2, 2, 3, padding=1)")
    assert spans(reads(norm, position=(4, 4))) == ((3, 5), (3, 5))
    assert spans(reads(norm, position=(4, 4), statistics=True)) == ((0, 7), (0, 7))


def test_untraced_steps_are_named() -> None:
    field = reads(traced("6x8", "TransformerEncoderLayer(8, 2, batch_first=True)"), position=(0, 0))
    assert field.untraced == ("layers.0",)
    assert spans(field) == ((0, 7),)


def test_axes_too_long_to_follow_have_their_formula() -> None:
    traced = trace(loads("input: 1x2x200000000000\nencoder: ['Conv2d(1, 4, (1, 3))']\ndecoder: [ReLU()]"))
    with pytest.raises(ValueError, match="at most 100,000,000"):
        reads(traced, 0, (0, 5))
    found = fields(traced)
    assert found.code is None
    assert [extent.size for extent in found.rows[0].axes if isinstance(extent, Extent)] == [1, 3]


def test_positions_need_numbers_and_must_exist() -> None:
    with pytest.raises(ValueError, match="one is H"):
        reads(traced("1xH", "Conv1d(1, 1, 3)"), position=(0,))
    with pytest.raises(ValueError, match="position 38 is outside of an axis of 38"):
        reads(traced("1x40", "Conv1d(1, 1, 3)"), position=(38,))


def test_the_table_of_vgg() -> None:
    """Receptive fields of VGG-16's pools: 6, 16, 44, 100, 212."""
    layers = []
    for convs in (2, 2, 3, 3, 3):
        layers += ["LazyConv2d(4, 3, padding=1)"] * convs + ["MaxPool2d(2)"]
    rows = receptive_field(traced("3x224x224", *layers))
    sizes = [row.axes[0].size for row, layer in zip(rows, layers) if layer.startswith("Max") and row.axes[0]]
    assert sizes == [6, 16, 44, 100, 212]
    assert rows[-1].axes == (Extent(size=212, jump=32, start=Fraction(31, 2), least=212, overlap=180),) * 2


def test_the_table_through_a_decoder() -> None:
    rows = receptive_field(
        traced("1xHxW", "Conv2d(1, 1, 3, stride=2, padding=1)", "ConvTranspose2d(1, 1, 4, 2, 1)")
    )
    assert [(row.axes[0].size, row.axes[0].jump) for row in rows if row.axes[0]] == [(3, 2), (5, 1)]
    assert receptive_field(traced("1x8x8", "Flatten()", "Linear(64, 8)"))[-1].axes == (None, None)


def test_the_table_is_what_positions_in_the_middle_read() -> None:
    positions, found = field_check.run_cycles(150, 20261122)
    assert not found, found[0]
    assert positions > 2000


@pytest.mark.long
def test_the_table_at_length() -> None:
    _, found = field_check.run_cycles(5000, 2)
    assert not found, found[0]


def of_table(input: str, *layers: str) -> tuple[str, ...]:
    """The last row of the table."""
    return receptive_field(traced(input, *layers))[-1].spans


@pytest.mark.parametrize(
    ("layers", "fields"),
    [
        # a padding other than zeros moves positions, and hides none
        (("ReflectionPad2d(1)", "Conv2d(1, 1, 3)"), ["3", "3"]),
        (("CircularPad2d((-1, 1, 2, 0))",), ["1", "1"]),
        (("AdaptiveAvgPool2d((8, 1))",), ["2", "all"]),
        (("AdaptiveMaxPool2d((7, 16))",), ["3-4", "1"]),
        (("Upsample(scale_factor=2)", "Conv2d(1, 1, 3, padding=1)"), ["2", "2"]),
        (("Conv2d(1, 1, 3, stride=2)", "ConvTranspose2d(1, 1, 2, stride=3)"), ["0-3", "0-3"]),
        (("Conv2d(1, 2, (16, 1))", "Flatten()", "Linear(32, 4)"), ["16", "all"]),
        (("Unfold(3)",), ["-", "-"]),
        (("Unfold(3)", "Linear(196, 5)"), ["-", "-"]),
        (("Mean((2, 3), keepdim=True)",), ["all", "all"]),
        (
            ("PixelUnshuffle(4)", "PixelShuffle(2)"),
            ["4", "3"],
        ),  # a column is every second, or the one beside it
        (("PixelUnshuffle(2)", "Conv2d(4, 8, 3, padding=1)"), ["6", "6"]),
        (("Conv2d(1, 4, 3)", "Reshape(-1, 2, 14, 14)", "Conv2d(2, 4, 3)"), ["5", "5"]),
        (("Flatten(2)", "Reshape(-1, 1, 4, 64)", "Conv2d(1, 2, (1, 64))"), ["-", "-"]),
    ],
)
def test_the_table_of(layers: tuple[str, ...], fields: list[str]) -> None:
    assert of_table("1x16x16", *layers) == tuple(fields)


def test_symbols_have_a_table_too() -> None:
    """Sizes do not enter, where a scale factor says how an axis grows."""
    layers = (
        "Conv2d(1, 1, 3, 2, 1)",
        "Upsample(scale_factor=2, mode='bilinear')",
        "Conv2d(1, 1, 3, padding=1)",
    )
    assert of_table("1xHxW", *layers) == of_table("1x64x64", *layers) == ("7", "7")
    assert of_table("1xHxW", "Upsample(scale_factor=1.5)", "Conv2d(1, 1, 3)") == ("2-3", "2-3")
    assert of_table("1xL", "a: Conv1d(1, 1, 3, 2)", "b: MaxPool1d(2)", "Crop(a, b)") == ("-",)
    assert of_table("4xHxW", "PixelShuffle(2)", "Conv2d(1, 1, 5)") == ("3", "3")
    assert of_table("1xHxW", "Slice(2, start=-3)", "Conv2d(1, 1, 3)") == ("-", "3")
    assert of_table("1xHxW", "AdaptiveAvgPool2d((1, 7))") == ("all", "-")


def test_long_axes_have_a_table_where_their_ratio_is_short() -> None:
    assert of_table("1x250000", "Upsample(size=500000, mode='linear')", "AdaptiveAvgPool1d(50000)") == ("7",)
    assert of_table("1x250000", "Upsample(size=249999)") == ("-",)


@pytest.mark.parametrize(
    ("size", "mode", "number", "at"),
    [
        (6, "nearest", 74, 37),
        (26, "nearest", 22, 11),
        (12, "nearest-exact", 74, 18),
        (16, "nearest-exact", 1272, 79),
    ],
)
def test_pixels_that_floats_miss_are_in_the_table(size: int, mode: str, number: int, at: int) -> None:
    """`float32(size/number) * at` is less than the whole number that it should be, or rounded up to it."""
    real = (
        functional.interpolate(torch.arange(float(size)).view(1, 1, size), number, mode=mode)[0, 0]
        .long()
        .tolist()
    )
    found = traced(f"1x{size}", f"Upsample(size={number}, mode='{mode}')")
    (cycle,) = receptive_field(found)[0].cycles
    assert cycle is not None
    exact = at * size // number if mode == "nearest" else (2 * at + 1) * size // (2 * number)
    assert real[at] == exact - (number != 1272)
    for position, pixel in enumerate(real):
        assert cycle.at(position) == (pixel, pixel)
        assert spans(reads(found, position=(position,))) == ((pixel, pixel),)


def test_random_nearest_pixels_are_those_of_torch() -> None:
    random = Random(20261122)
    for _ in range(300):
        size, number = random.randint(1, 60), random.randint(1, 2000)
        how = f"size={number}, mode='{random.choice(('nearest', 'nearest-exact'))}'"
        if random.random() < 0.4:
            how = f"scale_factor={random.choice((1.7, 2.7, 0.3, 1 / 3, 2.3, 13, 0.9))}"
        found = traced(f"1x{size + 4}", f"Upsample({how})")
        module = eval(repr(found.steps[0].layer), vars(torch.nn))
        real = module(torch.arange(size + 4.0).view(1, 1, -1))[0, 0].long().tolist()
        (cycle,) = receptive_field(found)[0].cycles
        assert cycle is not None
        assert [cycle.at(position) for position in range(len(real))] == [(at, at) for at in real], (how, size)


def test_symbols_have_no_formula_where_floats_miss_some_pixels() -> None:
    assert of_table("1xL", "Upsample(scale_factor=5)") == ("1",)
    assert (
        of_table("1xL", "Upsample(scale_factor=41)")
        == of_table("1xL", "Upsample(scale_factor=2.7)")
        == ("-",)
    )
    assert of_table("1xL", "Upsample(scale_factor=41, mode='linear')") == ("1-2",)


@pytest.mark.parametrize(
    ("layers", "fields"),
    [
        (("Cat(a, b)", "Chunk(2, index=0)"), "3"),
        (("Cat(a, b)", "Chunk(2, index=1)"), "7"),
        (("Cat(a, b)", "Slice(1, start=2)"), "7"),
        (("Cat(a, b)", "Slice(1, step=2)"), "7"),
        (("Cat(a, b)", "ChannelShuffle(2)", "Chunk(2, index=0)"), "7"),
        (("Cat(a, b)", "Conv1d(4, 4, 3, groups=2)", "Chunk(2)"), "5"),
        (("Cat(a, b)", "Conv1d(4, 4, 3)", "Chunk(2)"), "9"),
        (("Cat(a, b)", "MaxPool1d(2, 1)", "Select(1, 0)"), "4"),
        (("Cat(a, b)", "Unflatten(1, (2, 2))", "Select(1, 0)", "Conv1d(2, 2, 3)"), "5"),
        (("Stack(a, b)", "Select(1, 1)"), "7"),
        # along the axis itself, each part has a field of its own
        (("Cat(a, b, dim=2)", "Conv1d(2, 2, 3)"), "-"),
    ],
)
def test_the_table_tells_channels_apart(layers: tuple[str, ...], fields: str) -> None:
    paths = ("a: Conv1d(2, 2, 3, padding=1)", "b: Conv1d(2, 2, 5, padding=2)")
    assert of_table("2x60", *paths, *layers) == (fields,)


def test_pixels_that_wait_in_channels_come_back() -> None:
    """What `PixelUnshuffle` puts into channels `PixelShuffle` puts beside each other again: the field is 1, not 4."""
    assert of_table("1x32x32", "PixelUnshuffle(4)", "PixelShuffle(4)") == ("1", "1")
    assert of_table("1x32x32", "PixelUnshuffle(4)", "Conv2d(16, 16, 1)", "PixelShuffle(4)") == ("4", "4")
    assert of_table("1x32x32", "PixelUnshuffle(4)", "Conv2d(16, 16, 3, groups=16)", "PixelShuffle(4)") == (
        "9",
        "9",
    )
    assert of_table("1x32x32", "PixelUnshuffle(4)", "Slice(1, end=4)") == ("1", "4")


def test_a_gate_sees_everything() -> None:
    text = "input: 1x16x16\nlayers:\n  - a: Conv2d(1, 2, 3)\n  - g: AdaptiveAvgPool2d((1, None))\n  - Mul(a, g)\n"
    row = receptive_field(trace(loads(text)))[-1]
    assert row.spans == ("all", "3")


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "bicubic", "antialias"])
def test_what_a_resize_reads_where_factor_and_sizes_disagree(rank: int, mode: str) -> None:
    """`scale_factor=1.1` keeps 7 columns, 2.1 doubles them: torch has shortcuts for some modes, and not for others."""
    how: dict[str, Any] = {"mode": mode}
    if mode in ("bicubic", "antialias"):
        how = {"mode": "bicubic", "antialias": mode == "antialias"}
    if mode == "linear":
        how = {"mode": ("linear", "bilinear", "trilinear")[rank - 1]}
    if how["mode"] == "bicubic" and rank != 2:
        return
    for first, last in ((1.0, 1.1), (1.1, 1.1), (2.1, 1.1), (1.1, 2.1), (2.1, 2.3)):
        layer = KINDS["Interpolate"](scale_factor=(*(first,) * (rank - 1), last), **how)
        x = torch.eye(7).reshape(7, 1, *(1,) * (rank - 1), 7).expand(7, 1, *(9,) * (rank - 1), 7).contiguous()
        real = functional.interpolate(x, scale_factor=layer.__dict__["scale_factor"], **how)
        seen = real.flatten(0, -2).reshape(7, -1, real.shape[-1])[:, 0] != 0
        windows = layer.slides(tuple(real.shape), tuple(x.shape))[-1]
        for at in range(real.shape[-1]):
            assert sorted(windows.taps(at)) == seen[:, at].nonzero().flatten().tolist(), (layer, at)


class Arithmetic(torch.nn.Module):
    """What a forward does with operators, with parameters of its own, and with a second input."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.Conv2d(4, 4, 3, padding=1)
        self.other = torch.nn.Conv2d(2, 4, 1)
        self.scale = torch.nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        z = self.b(torch.log(self.a(x).abs() + 1) * 0.5) * self.scale
        return 1 - z.clamp(0, 9) if y is None else torch.cat([z, self.other(y)], 1)


def test_operators_of_a_forward_read_position_by_position() -> None:
    found = trace(from_module(Arithmetic(), (1, 12, 20)), (1, 12, 20))
    field = reads(found, position=(5, 5))
    assert (field.intervals, field.untraced) == (((3, 7), (3, 7)), ())
    assert receptive_field(found)[-1].spans == ("5", "5")


def test_a_second_input_is_not_the_first() -> None:
    """Of both the shape tells them apart; what reads the second alone sees nothing of the first."""
    found = check(Arithmetic(), [(1, 12, 20), (2, 12, 20)]).trace  # type: ignore[list-item]
    assert found is not None
    assert spans(reads(found, position=(5, 5))) == ((3, 7), (3, 7))
    assert spans(reached(found, (0, 0))) == ((0, 2), (0, 2))
    spans_of = {row.path: row.spans for row in receptive_field(found)}
    assert spans_of["other"] == ("0", "0")
    assert list(spans_of.values())[-1] == ("5", "5")


def test_long_axes_take_no_time_for_each_position() -> None:
    """A mask is moved tap by tap, not read position by position: 400,000 positions take milliseconds."""
    slide = Slide(400_000, 200_000, kernel_size=9, stride=2, before=4)
    everywhere = (1 << 200_000) - 1
    start = perf_counter()
    assert covered(slide, everywhere) == (1 << 400_000) - 1
    assert touching(slide, (1 << 400_000) - 1) == everywhere
    assert perf_counter() - start < 1


def test_sliding_windows_over_masks_is_tap_by_tap() -> None:
    random = Random(7)
    for _ in range(300):
        number, (kernel, stride, dilation) = random.randint(1, 9), [random.randint(1, 4) for _ in range(3)]
        slide = Slide(random.randint(1, 30), number, kernel, stride, random.randint(-3, 5), dilation)
        mask = random.getrandbits(number)
        under = {tap for window in range(number) if mask >> window & 1 for tap in slide.taps(window)}
        assert covered(slide, mask) == sum(1 << at for at in under if 0 <= at < int(slide.size))
        wanted = random.getrandbits(int(slide.size))
        hits = [any(at >= 0 and wanted >> at & 1 for at in slide.taps(window)) for window in range(number)]
        assert touching(slide, wanted) == sum(1 << window for window, hit in enumerate(hits) if hit)
        for at in range(int(slide.size)):
            windows = [window for window in slide.windows(at) if 0 <= window < number]
            assert sorted(windows) == [window for window in range(number) if at in slide.taps(window)]


def test_the_latent() -> None:
    pair = traced(
        "1x16",
        encoder=["Conv1d(1, 2, 3, stride=2, padding=1)"],
        decoder=["ConvTranspose1d(2, 1, 2, stride=2)"],
    )
    assert latent(pair) == 0
    assert latent(traced("1x16", "ReLU()")) is None


def test_unpooling_reads_no_more_than_its_windows() -> None:
    arch = traced("1x6x8", "p: MaxPool2d(2)", "MaxUnpool2d(2, indices=p)")
    x = torch.rand(1, 1, 6, 8, requires_grad=True)
    out = functional.max_unpool2d(*functional.max_pool2d(x, 2, return_indices=True), (2, 2))
    for place in [(0, 0), (3, 5), (5, 7)]:
        (gradient,) = torch.autograd.grad(out[(0, 0, *place)], x, retain_graph=True)
        field = reads(arch, position=place)
        assert all(field.has(tuple(at)) for at in gradient.nonzero().tolist())
        assert field.extent == (2, 2)


@pytest.mark.parametrize(
    ("pool", "unpool", "fits"),
    [
        ((2, 2, 0), {"kernel_size": 2}, False),  # 4x8 comes of 5x9: places are counted in another width
        ((3, 2, 1), {"kernel_size": 2, "output_size": (5, 9)}, False),
        ((2, 2, 0, 2), {"kernel_size": 2}, False),
        ((3, 2, 1), {"kernel_size": 3, "stride": 2, "padding": 1}, True),
    ],
)
def test_an_unpool_may_take_indices_of_another_pool(
    pool: tuple[int, ...], unpool: dict[str, Any], fits: bool
) -> None:
    """Torch takes them for places in its own output; then anything may stand anywhere."""
    given = ", ".join(f"{name}={value}" for name, value in unpool.items())
    arch = traced("1x5x9", f"p: MaxPool2d{pool}", f"MaxUnpool2d({given}, indices=p)")
    module, compared = torch.nn.MaxPool2d(*pool, return_indices=True), 0  # type: ignore[arg-type, misc]
    for seed in range(40):
        torch.manual_seed(seed)
        x = torch.rand(1, 1, 5, 9, requires_grad=True)
        try:
            out = functional.max_unpool2d(*module(x), **unpool)
        except RuntimeError:  # a place outside
            continue
        compared += 1
        for place in out[0, 0].nonzero().tolist():
            (gradient,) = torch.autograd.grad(out[(0, 0, *place)], x, retain_graph=True)
            (read,) = gradient.nonzero().tolist()
            assert reads(arch, position=place).has(read)
            assert reached(arch, read[2:]).has((0, 0, *place))
    assert compared > 5
    assert reads(arch, position=(0, 0)).untraced == (() if fits else ("layers.1",))
    assert receptive_field(arch)[-1].spans == (("3-5", "3-5") if fits else ("all", "all"))


def test_regrouping() -> None:
    assert groups((1, 6, 4), (1, 2, 3, 4)) == [
        (range(0, 1), range(0, 1)),
        (range(1, 2), range(1, 3)),
        (range(2, 3), range(3, 4)),
    ]
    assert regroup((1, 0b000010, 0b1111), (1, 6, 4), (1, 24)) == [(1, 0b1111 << 4)]
