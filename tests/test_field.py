"""Receptive fields: known networks, every kind and random networks against torch."""

from __future__ import annotations

import field_check
import pytest
import reading_check
import torch
from torch.nn import functional

from shapecalc import loads, trace
from shapecalc.extents import Extent
from shapecalc.field import Field, latent, reached, reads, receptive_field
from shapecalc.layer import KINDS
from shapecalc.reading import groups, regroup
from shapecalc.trace import Trace

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
    assert rows[-1].axes[0] == Extent(size=212, jump=32, start=rows[-1].axes[1].start)  # type: ignore[union-attr]


def test_the_table_through_a_decoder() -> None:
    rows = receptive_field(
        traced("1xHxW", "Conv2d(1, 1, 3, stride=2, padding=1)", "ConvTranspose2d(1, 1, 4, 2, 1)")
    )
    assert [(row.axes[0].size, row.axes[0].jump) for row in rows if row.axes[0]] == [(3, 2), (5, 1)]
    assert receptive_field(traced("1x8x8", "Flatten()", "Linear(64, 8)"))[-1].axes == (None, None)


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


def test_regrouping() -> None:
    assert groups((1, 6, 4), (1, 2, 3, 4)) == [
        (range(0, 1), range(0, 1)),
        (range(1, 2), range(1, 3)),
        (range(2, 3), range(3, 4)),
    ]
    assert regroup((1, 0b000010, 0b1111), (1, 6, 4), (1, 24)) == [(1, 0b1111 << 4)]
