"""The pixel ledger: known layers, symbols, and a short seeded run of every kind against torch."""

from __future__ import annotations

from random import Random

import pytest
from ledger_check import KINDS_DRAWN, run

from shapecalc import ledger, loads, trace
from shapecalc.layer import KINDS, Layer, Needs
from shapecalc.shapes import N
from shapecalc.show.counts import counts
from shapecalc.size import symbol
from shapecalc.window import Slide

import shapecalc.layers  # isort: skip

assert shapecalc.layers
CASES, LONG_CASES = 24, 400


def book(kind: str, size: int, **arguments: object) -> ledger.Axis:
    """The one axis of a 1-d layer on that many positions."""
    if "Conv" in kind:
        arguments |= {"in_channels": 1, "out_channels": 1}
    layer: Layer = KINDS[kind](**arguments)
    x = (N, 1, size)
    return ledger.of_layer(layer, layer.shape(Needs(), x), x).axes[0]


@pytest.mark.parametrize("kind", KINDS_DRAWN)
def test_agrees_with_torch(kind: str) -> None:
    assert not run(CASES, 20261122, [kind])[kind]


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS_DRAWN)
def test_agrees_with_torch_at_length(kind: str) -> None:
    assert not run(LONG_CASES, 1, [kind])[kind]


@pytest.mark.parametrize(
    ("kind", "size", "arguments", "dropped", "never_read", "remainder"),
    [
        ("Conv1d", 474, {"kernel_size": 3, "stride": 2, "padding": 1}, 0, 0, 1),
        ("Conv1d", 474, {"kernel_size": 3, "stride": 4}, 3, 120, 3),
        ("Conv1d", 11, {"kernel_size": 2, "stride": 2}, 1, 1, 1),
        ("Conv1d", 10, {"kernel_size": 1, "stride": 2}, 1, 5, 1),
        ("Conv1d", 11, {"kernel_size": 2, "stride": 2, "dilation": 2}, 0, 5, 0),
        ("Conv1d", 9, {"kernel_size": 4, "padding": "same"}, 0, 0, 0),
        ("MaxPool1d", 11, {"kernel_size": 2}, 1, 1, 1),
        ("MaxPool1d", 11, {"kernel_size": 2, "ceil_mode": True}, 0, 0, -1),
        ("AdaptiveAvgPool1d", 11, {"output_size": 7}, 0, 0, 0),
    ],
)
def test_reading(
    kind: str, size: int, arguments: dict[str, object], dropped: int, never_read: int, remainder: int
) -> None:
    axis = book(kind, size, **arguments)
    assert (axis.dropped, axis.never_read, axis.remainder) == (dropped, never_read, remainder)


@pytest.mark.parametrize(
    ("size", "arguments", "pattern", "bias_only", "uneven"),
    [
        (5, {"kernel_size": 3, "stride": 2}, (2, 1), 0, True),
        (5, {"kernel_size": 4, "stride": 2, "padding": 1}, (2, 2), 0, False),
        (5, {"kernel_size": 2, "stride": 3}, (1, 1, 0), 4, True),
        (5, {"kernel_size": 2, "stride": 2, "output_padding": 1}, (1, 1), 1, False),
        (5, {"kernel_size": 3, "stride": 2, "dilation": 2}, (3, 0), 6, True),
        (1, {"kernel_size": 3, "stride": 2}, (2, 1), 0, False),
    ],
)
def test_summing(
    size: int, arguments: dict[str, object], pattern: tuple[int, ...], bias_only: int, uneven: bool
) -> None:
    axis = book("ConvTranspose1d", size, **arguments)
    assert (axis.pattern, axis.bias_only, axis.is_uneven) == (pattern, bias_only, uneven)
    assert sum(len(positions) for positions in axis.unreached) == bias_only


def test_of_a_symbolic_size_the_pattern_and_the_remainder_are_known() -> None:
    layer = KINDS["Conv2d"](1, 1, 1, stride=2)
    x = (N, 1, symbol("H"), 7)
    height, width = ledger.of_layer(layer, layer.shape(Needs(), x), x).axes
    assert (height.pattern, str(height.remainder), height.never_read) == ((1, 0), "(H+1)%2", None)
    assert (width.pattern, width.remainder, width.never_read) == ((1, 0), 0, 3)
    whole = ledger.of_layer(layer, layer.shape(Needs(), x), x)
    assert whole.never_read is None
    assert whole.histogram is None
    assert whole.is_uneven


@pytest.mark.parametrize(
    ("size", "layer", "never_read", "uneven"),
    [
        (10, KINDS["Upsample"](scale_factor=2), 0, False),
        (10, KINDS["Upsample"](scale_factor=1.5), 0, True),
        (10, KINDS["Upsample"](size=5), 5, True),
        (40, KINDS["Upsample"](scale_factor=2, mode="linear"), 0, False),
        (11, KINDS["AdaptiveAvgPool1d"](7), 0, True),
        (14, KINDS["AdaptiveAvgPool1d"](7), 0, False),
        (14, KINDS["AdaptiveAvgPool1d"](1), 0, False),
    ],
)
def test_resizing(size: int, layer: Layer, never_read: int, uneven: bool) -> None:
    x = (N, 1, size)
    (axis,) = ledger.of_layer(layer, layer.shape(Needs(), x), x).axes
    assert (axis.never_read, axis.is_uneven) == (never_read, uneven)


@pytest.mark.parametrize(
    ("input", "layer", "said"),
    [
        ("1x474", "Conv1d(1, 1, 3, stride=4)", "remainder 3; never reads 120 of 474, 3 at the end"),
        ("1x6", "MaxPool1d(3, 2, ceil_mode=True)", "the last window reaches 1 beyond the end; 1 of 9 taps beyond the border; inside, each is read 1 or 2 times"),
        ("1x4", "ConvTranspose1d(1, 1, 2, stride=3, output_padding=1)", "no tap reaches 4 of 12 outputs"),
        ("1x4", "ConvTranspose1d(1, 1, 3, stride=2, padding=1)", "2 of 12 taps cropped away; inside, outputs sum 1 or 2 taps"),
        ("1xL", "MaxPool1d(2)", "remainder L%2"),
        ("1x11", "AdaptiveAvgPool1d(7)", "inside, each is read 1 or 2 times"),
    ],
)  # fmt: skip
def test_the_ledger_in_words(input: str, layer: str, said: str) -> None:
    (line,) = counts(trace(loads(f"input: {input}\nlayers: ['{layer}']")).steps[0])
    assert line == f"length: {said}"


def test_nothing_is_said_of_even_windows() -> None:
    traced = trace(loads("input: 1x8\nlayers: [MaxPool1d(2), ReLU]"))
    assert [line for step in traced.steps for line in counts(step)] == []


def test_a_layer_without_windows_has_an_empty_ledger() -> None:
    whole = ledger.of_layer(KINDS["ReLU"](), (N, 3, 5, 5), (N, 3, 5, 5))
    assert (whole.axes, whole.taps, whole.never_read, whole.histogram) == ((), 0, 0, {})


def test_sizes_do_not_matter_to_the_time() -> None:
    runs = ledger.runs(Slide(10**9, 5 * 10**8, kernel_size=3, stride=2, before=1))
    assert sum(len(positions) for positions, _ in runs) == 10**9
    assert len(runs) == 3


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_runs_of_padding_that_repeats_are_those_counted_one_by_one(mode: str) -> None:
    random = Random(mode)
    for _ in range(300):
        size, kernel, stride, dilation = (random.randint(1, most) for most in (9, 4, 4, 3))
        before = random.randint(0, size - (mode == "reflect"))
        number = (size + 2 * before - dilation * (kernel - 1) - 1) // stride + 1
        if number < 1:
            continue
        slide = Slide(size, number, kernel, stride, before, dilation, padding_mode=mode)
        expected = [0] * size
        for window in range(number):
            for tap in slide.taps(window):
                source = slide.source(tap)
                assert source is not None
                expected[source] += 1
        counts = {position: count for positions, count in ledger.runs(slide) for position in positions}
        assert [counts[position] for position in range(size)] == expected
        assert sum(len(positions) for positions, _ in ledger.runs(slide)) == size
    slide = Slide(10**9, 5 * 10**8, 5, 2, 2, padding_mode=mode)
    assert sum(len(positions) * count for positions, count in ledger.runs(slide)) == 5 * 5 * 10**8
    assert len(ledger.runs(slide)) < 12
