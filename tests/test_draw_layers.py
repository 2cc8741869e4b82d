from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import torch
from differential import draw
from picture_check import faults
from torch_oracle import module_of

import shapecalc as sc
import shapecalc.layers
from shapecalc.draw.figures import drawn, figure
from shapecalc.draw.pixels import SIZES
from shapecalc.draw.shuffling import Grid, ends
from shapecalc.draw.strips import NothingToDraw, Strip, role_of
from shapecalc.draw.windows import layer_picture
from shapecalc.draw.windows_screen import layer_screen
from shapecalc.layer import KINDS, Layer, Needs
from shapecalc.layers._axes import axis_name
from shapecalc.problem import ShapeError, SpecError
from shapecalc.show.text import cells
from shapecalc.trace import Trace

assert shapecalc.layers

EXAMPLES = Path(__file__).parent.parent / "examples"
PADS = [kind for kind in KINDS.values() if "Pad" in kind.__name__]
#: Kinds that move positions without windows of their own.
MOVING = [*PADS, KINDS["Crop"], KINDS["Slice"]]


def traced(input: str, *layers: str) -> Trace:
    return sc.trace(sc.loads(f"input: {input}\nlayers:\n" + "".join(f"- {layer}\n" for layer in layers)))


def axes_of(strip: Strip) -> list[str]:
    return strip.name.replace(" and ", ", ").split(", ")


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("count", [3, pytest.param(100, marks=pytest.mark.long)])
def test_every_kind_is_drawn_or_says_why_not(kind: str, count: int) -> None:
    random = Random(kind)
    for _ in range(count):
        case = draw(KINDS[kind], random)
        try:
            layer = KINDS[kind](**case.arguments)
            found = traced("x".join(map(str, case.inputs[0][1:])), repr(layer))
        except (ShapeError, SpecError):
            continue
        try:
            pictures = [layer_picture(found, 0, width) for width in (420, 960)]
        except NothingToDraw as reason:
            assert kind.removeprefix("Lazy") in str(reason) or "cannot run" in str(reason)
            continue
        assert [faults(picture) for picture in pictures] == [[], []], layer
        for charset in ("ascii", "utf-8"):
            lines = layer_screen(found, 0, 80, charset)
            assert max(map(cells, lines)) <= 80, layer
            assert "\n".join(lines).encode(charset)


def sampled(kind: type[Layer], random: Random) -> tuple[Layer, tuple[int, ...]] | None:
    case = draw(kind, random)
    if len(case.inputs) != 1:
        return None
    try:
        layer, taken = kind(**case.arguments), tuple(int(size) for size in case.inputs[0])
        made = layer.shape(Needs(), taken)
    except (ShapeError, SpecError):
        return None
    return (layer, taken) if max(map(int, made), default=0) <= 12 else None


def along(x: torch.Tensor, axis: int) -> torch.Tensor:
    """The sums over all other axes."""
    return x.movedim(axis, 0).flatten(1).sum(1) if x.dim() > 1 else x


@pytest.mark.parametrize("kind", MOVING, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("count", [6, pytest.param(300, marks=pytest.mark.long)])
def test_the_figure_of_a_pad_or_a_crop_is_what_torch_copies(kind: type[Layer], count: int) -> None:
    random, seen = Random(kind.__name__), 0
    for _ in range(20 * count):
        if seen == count:
            break
        if (one := sampled(kind, random)) is None:
            continue
        layer, taken = one
        x = torch.zeros(taken, requires_grad=True)
        out = module_of(layer)(x)
        strips = drawn(layer, tuple(out.shape), (taken,))[0]
        if any(sum(map(len, strip.unread)) == strip.size for strip in strips):
            continue  # nothing but filling
        seen += bool(strips)
        changed = [
            axis_name(axis, len(taken)) for axis in range(len(taken)) if out.shape[axis] != taken[axis]
        ]
        assert set(changed) <= {strip.name for strip in strips}
        for strip in strips:
            axis = [axis_name(axis, len(taken)) for axis in range(len(taken))].index(strip.name)
            (total,) = torch.autograd.grad(out.sum(), x, retain_graph=True)
            unread = {position for positions in strip.unread for position in positions}
            assert unread == set((along(total, axis) == 0).nonzero().flatten().tolist()), (
                layer,
                taken,
                strip,
            )
            for window, taps in strip.windows:
                (read,) = torch.autograd.grad(out.select(axis, window).sum(), x, retain_graph=True)
                inside = [tap for tap in taps if 0 <= tap < strip.size]
                assert along(read, axis).nonzero().flatten().tolist() == inside, layer
                assert all(strip.first <= tap <= strip.last for tap in taps)
    assert seen > 1


@pytest.mark.parametrize("factor", [2, 3, 5])
@pytest.mark.parametrize("kind", ["PixelShuffle", "PixelUnshuffle"])
def test_the_grid_is_where_torch_puts_the_channels(kind: str, factor: int) -> None:
    layer = KINDS[kind](factor)
    coarse = torch.arange(factor**2).reshape(1, -1, 1, 1).expand(1, -1, 3, 2)
    fine = torch.nn.functional.pixel_shuffle(coarse, factor)
    taken, made = (coarse, fine) if kind == "PixelShuffle" else (fine, coarse)
    assert torch.equal(module_of(layer)(taken), made)
    _, (grid,) = drawn(layer, tuple(made.shape), (tuple(taken.shape),))
    assert (grid.pixels, grid.more) == ((2, 2), (True, False))
    for row in range(2 * factor):
        for column in range(2 * factor):
            assert grid.channel(row, column) == fine[0, 0, row, column]


def test_a_grid_has_room_for_every_number() -> None:
    for factor in (2, 3, 8, 9, 40):
        for size in (1, 2, 3):
            for kind, input in (
                ("PixelShuffle", f"{2 * factor**2}x{size}x2"),
                ("PixelUnshuffle", f"3x{size * factor}x{2 * factor}"),
            ):
                found = traced(input, f"{kind}({factor})")
                for width in (480, 960):
                    picture = layer_picture(found, 0, width)
                    assert faults(picture) == []
                    assert picture.width <= width + 1
                for width in (60, 80):
                    assert max(map(cells, layer_screen(found, 0, width))) <= width
    assert max(most for _, most in SIZES) == len(ends(9, 8)) == 8
    assert isinstance(figure(found, 0).grids[0], Grid)


def test_channels_are_dealt_out_as_torch_does() -> None:
    for channels, groups in ((6, 2), (6, 3), (12, 4), (40, 8)):
        (strip,) = figure(traced(f"{channels}x2x2", f"ChannelShuffle({groups})"), 0).strips
        x = torch.arange(channels).reshape(1, -1, 1, 1).float()
        out = torch.nn.ChannelShuffle(groups)(x).flatten().int().tolist()
        assert len(strip.windows) > min(groups, 7)
        assert [out[window] for window, _ in strip.windows] == [taps[0] for _, taps in strip.windows]


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size"), [(2, 2, 0, 7), (3, 2, 1, 8), (3, 1, 0, 6), (4, 3, 2, 9)]
)
def test_the_windows_of_an_unpool_are_where_a_pool_found_its_values(
    kernel: int, stride: int, padding: int, size: int
) -> None:
    arguments = f"{kernel}, stride={stride}, padding={padding}"
    found = traced(
        f"1x{size}",
        f"pool: MaxPool1d({arguments})",
        f"up: MaxUnpool1d({arguments}, indices=pool, output_size=({size},))",
    )
    (strip,) = figure(found, 1).strips
    torch.manual_seed(0)
    x = torch.randn(500, 1, size)
    _, indices = torch.nn.functional.max_pool1d(x, kernel, stride, padding, return_indices=True)
    for window, taps in strip.windows:
        assert set(indices[:, 0, window].tolist()) == {tap for tap in taps if 0 <= tap < size}
    roles = [role_of(strip, position) for position in range(size)]
    assert [role == "unread" for role in roles] == [position not in indices for position in range(size)]
    assert (strip.beside, strip.counted) == ("the pool's padding", "windows")


def test_letters_are_drawn_as_numbers_that_run() -> None:
    found = traced("1xHxW", "Conv2d(1, 2, 3, stride=2)", "ReLU", "Conv2d(2, 2, 5)")
    assert figure(found, 2).letters == "drawn at H = 64, W = 64"
    assert figure(found, 2).change == "2x31x31 → 2x27x27"
    assert "drawn at H = 64, W = 64" in layer_screen(found, 2)
    assert faults(layer_picture(found, 2)) == []
    found = traced("1xL", "Conv1d(1, 2, 65, stride=2)", "ReflectionPad1d(3)")
    assert figure(found, 1).letters == "drawn at L = 71"
    with pytest.raises(NothingToDraw, match=r"`layers\.1` is not reached"):
        figure(traced("1xHxW", "Conv2d(3, 2, 1)", "Conv2d(2, 2, 1)"), 1)


def test_what_has_no_figure_names_those_that_have_one() -> None:
    found = traced("4x8x8", "Conv2d(4, 4, 3)", "ReLU", "BatchNorm2d(4)", "Flatten", "Linear(144, 3)")
    for number, said in (
        (1, "ReLU, which takes every position by itself"),
        (3, "Flatten, which slides no windows over its input"),
    ):
        with pytest.raises(NothingToDraw, match=said) as raised:
            figure(found, number)
        assert str(raised.value).endswith("there are figures of `layers.0`")
        assert "`shapecalc explain`" in str(raised.value)
    with pytest.raises(NothingToDraw, match="at random"):
        figure(traced("4x8x8", "FractionalMaxPool2d(2, output_size=3)"), 0)


@pytest.mark.parametrize(
    "layer",
    [
        "Conv1d(1, 2, 3, padding=1, padding_mode='reflect')",
        "Upsample(scale_factor=2)",
        "AdaptiveAvgPool1d(7)",
        "AdaptiveAvgPool1d(1)",
        "ReflectionPad1d(20000)",
        "CircularPad1d((3, -1))",
        "ZeroPad1d((0, -99999999))",
        "ConvTranspose1d(1, 1, 3, stride=2)",
    ],
)
def test_long_axes_are_drawn_at_once(layer: str) -> None:
    found = traced("1x100000000", layer)
    lines = layer_screen(found, 0)
    assert max(map(cells, lines)) <= 80
    assert faults(layer_picture(found, 0)) == []


def test_copies_stand_in_a_row_of_their_own() -> None:
    lines = layer_screen(traced("1x5", "ReflectionPad1d((2, 1))"), 0)
    assert lines[3:9] == [
        "length 5 + 2 + 1 = 8",
        "5 to 8; mirrored at the border: 2 before, 1 behind",
        "input       · · 0 1 2 3 4 ·",
        "copied from 2 1           3",
        "output 0    ○───────●",
        "output 1      ○───●",
    ]
    lines = layer_screen(traced("1x5", "ConstantPad1d((1, -2), 0.5)"), 0, 80, "ascii")
    assert lines[4:7] == [
        "5 to 4; filled with 0.5: 1 before; cut off: 2 behind",
        "input       . 0 1 2 3 4",
        "never read          ! !",
    ]


CONVS = [
    (size, kernel, stride, padding, dilation)
    for size in (3, 5, 8)
    for kernel in (1, 2, 3)
    for stride in (1, 2, 4)
    for padding in (0, 1)
    for dilation in (1, 2)
    if size + 2 * padding >= dilation * (kernel - 1) + 1
]


@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation"), CONVS)
def test_the_figure_of_a_convolution_is_what_torch_reads(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    arguments = f"1, 1, {kernel}, stride={stride}, padding={padding}, dilation={dilation}, bias=False"
    (strip,) = figure(sc.trace(sc.loads(f"input: 1x{size}\nlayers: ['Conv1d({arguments})']")), 0).strips
    weight = torch.ones(1, 1, kernel)
    x = torch.zeros(1, 1, size, requires_grad=True)
    out = torch.nn.functional.conv1d(x, weight, stride=stride, padding=padding, dilation=dilation)
    (total,) = torch.autograd.grad(out.sum(), x, retain_graph=True)
    unread = {position for positions in strip.unread for position in positions}
    assert unread == {position for position in range(size) if total[0, 0, position] == 0}
    for window, taps in strip.windows:
        (read,) = torch.autograd.grad(out[0, 0, window], x, retain_graph=True)
        assert read[0, 0].nonzero().flatten().tolist() == [tap for tap in taps if 0 <= tap < size]


@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation"), CONVS)
def test_the_figure_of_a_transposed_convolution_is_what_torch_sums(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    made = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
    if made < 1:
        pytest.skip("torch refuses it")
    arguments = f"1, 1, {kernel}, stride={stride}, padding={padding}, dilation={dilation}, bias=False"
    found = sc.trace(sc.loads(f"input: 1x{size}\nlayers: ['ConvTranspose1d({arguments})']"))
    strip, stretched = figure(found, 0).strips
    weight, x = torch.ones(1, 1, kernel), torch.ones(1, 1, size)
    out = torch.nn.functional.conv_transpose1d(x, weight, stride=stride, padding=padding, dilation=dilation)
    assert [strip.count(position) for position in range(made)] == out[0, 0].int().tolist()
    for window, taps in strip.windows:
        one = torch.nn.functional.one_hot(torch.tensor(window), size).float()[None, None]
        sums = torch.nn.functional.conv_transpose1d(
            one, weight, stride=stride, padding=padding, dilation=dilation
        )
        assert sums[0, 0].nonzero().flatten().tolist() == [tap for tap in taps if 0 <= tap < made]
    x.requires_grad_(True)
    out = torch.nn.functional.conv_transpose1d(x, weight, stride=stride, padding=padding, dilation=dilation)
    for window, taps in stretched.windows:
        (read,) = torch.autograd.grad(out[0, 0, window], x, retain_graph=True)
        assert read[0, 0].nonzero().flatten().tolist() == [
            int(one) for one in map(stretched.name_of, taps) if one
        ]
        assert len(taps) == kernel
        assert stretched.first <= min(taps) and max(taps) <= stretched.last
    (read,) = torch.autograd.grad(out.sum(), x)
    shown = range(stretched.first, stretched.last + 1)
    roles = {stretched.name_of(position): role_of(stretched, position) for position in shown}
    assert [roles[str(index)] == "unread" for index in range(size)] == (read[0, 0] == 0).tolist()


def test_large_sizes_keep_their_true_indices() -> None:
    found = sc.trace(sc.loads("input: 1x1000000\nlayers: ['Conv1d(1, 2, 3, stride=2)']"))
    labels = [label.text for label in layer_picture(found, 0).labels]
    assert {"0", "999999", "…", "output 499998"} <= set(labels)
    assert layer_screen(found, 0)[-1].startswith("output 499998 ")


def test_axes_that_are_alike_are_one() -> None:
    text = "input: 1x4x4x5\nlayers: ['Conv3d(1, 1, 2, stride=3)', 'ConvTranspose3d(1, 1, 2, stride=2)']"
    found = sc.trace(sc.loads(text))
    assert [strip.name for strip in figure(found, 0).strips] == ["depth and height", "width"]
    assert figure(found, 0).strips[0].formula.startswith("depth and height (4 + ")
    first, stretched, *others = figure(found, 1).strips
    assert (first.name, stretched.name) == ("depth and height", "depth and height")
    assert [strip.name for strip in others] == ["width", "width"]


def test_windows_in_the_gap_and_taps_on_zeros_are_marked() -> None:
    found = sc.trace(sc.loads("input: 1x1000\nlayers: ['Conv1d(1, 1, 400, stride=100, padding=1)']"))
    lines = layer_screen(found, 0)
    assert next(line for line in lines if line.startswith("output 1 ")).split() == ["output", "1", "…"]
    assert "○" in next(line for line in lines if line.startswith("output 0 "))
    assert faults(layer_picture(found, 0)) == []
    lines = layer_screen(sc.trace(sc.loads("input: 1x3\nlayers: ['ConvTranspose1d(1, 1, 3, stride=2)']")), 0)
    assert "input       · · 0 · 1 · 2 · ·" in lines
    assert "output 0    ○─○─●" in lines


def test_a_layer_that_cannot_run_shows_the_window_that_does_not_fit() -> None:
    report = sc.check(EXAMPLES / "mel_first_try.arch.yaml", "1x10x474")
    assert report.trace is not None
    height, width = figure(report.trace, 2).strips
    assert (height.is_broken, width.is_broken) == (True, False)
    assert height.summary == "the window takes 5 positions, and there are 2"
    with pytest.raises(NothingToDraw, match="is not reached"):
        figure(report.trace, 3)
    refused = sc.trace(sc.loads("input: 1x3\nlayers: ['ConvTranspose1d(2, 1, 3)']"))
    with pytest.raises(NothingToDraw, match="no windows to draw: input has 1 channels, but in_channels is 2"):
        figure(refused, 0)
