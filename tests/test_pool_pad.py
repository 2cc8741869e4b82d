"""Pools, unpools and pads: shapes and messages worked out by hand."""

from __future__ import annotations

import pytest
from kinds import layer, refused

from shapecalc.layer import Needs, Shape
from shapecalc.size import symbol
from shapecalc.window import pool_output

N, H, W = symbol("N"), symbol("H"), symbol("W")


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_windows_are_counted_by_hand(ceil_mode: bool, dilation: int) -> None:
    """Windows start inside the input or its left padding, with ceil_mode hang over by less than a stride."""
    for size, kernel, stride in ((s, k, t) for s in range(1, 14) for k in range(1, 6) for t in range(1, 6)):
        reach = dilation * (kernel - 1) + 1
        for padding in range(kernel // 2 + 1):
            overhangs = [start + reach - size - padding for start in range(-padding, size, stride)]
            windows = [overhang for overhang in overhangs if overhang < (stride if ceil_mode else 1)]
            assert max(pool_output(size, kernel, stride, padding, dilation, ceil_mode), 0) == len(windows)


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        ("MaxPool2d(2)", (2, 8, 28, 29), (2, 8, 14, 14)),
        ("MaxPool2d(2)", (8, 28, 29), (8, 14, 14)),  # no batch
        ("MaxPool2d(3, 2, 1)", (2, 64, 112, 112), (2, 64, 56, 56)),
        ("MaxPool2d((3,), (2,))", (2, 8, 9, 10), (2, 8, 4, 4)),  # torch broadcasts a tuple of one
        ("MaxPool1d(3, 2, ceil_mode=True)", (2, 8, 6), (2, 8, 3)),
        (
            "MaxPool1d(2, 3, 1, ceil_mode=True)",
            (2, 8, 4),
            (2, 8, 2),
        ),  # a third would start in the right padding
        ("MaxPool1d(3, dilation=4)", (2, 8, 9), (2, 8, 1)),
        ("AvgPool3d(2, divisor_override=-1)", (2, 8, 4, 4, 5), (2, 8, 2, 2, 2)),
        ("LPPool1d(inf, (3,), 2)", (2, 8, 9), (2, 8, 4)),
        ("LPPool3d(inf, 3, ceil_mode=True)", (2, 8, 2, 3, 3), (2, 8, 1, 1, 1)),
        ("AdaptiveAvgPool2d((None, 7))", (2, 64, 10, 9), (2, 64, 10, 7)),
        ("AdaptiveAvgPool2d(1)", (2, 3, 4, 5, 6), (2, 3, 4, 1, 1)),  # a plain mean to torch
        ("AdaptiveAvgPool2d(1)", (2, 3), (1, 1)),
        ("AdaptiveMaxPool3d(5)", (3, 4, 4, 4), (3, 5, 5, 5)),
        ("FractionalMaxPool2d(3, output_ratio=0.29)", (2, 8, 100, 20), (2, 8, 28, 5)),
        ("FractionalMaxPool2d(3, 6)", (2, 8, 8, 8), (2, 8, 6, 6)),
        ("FractionalMaxPool3d(3, 5)", (2, 8, 8, 8, 8), (2, 8, 5, 5, 5)),
        ("ZeroPad2d((1, 2, -3, 0))", (2, 8, 10, 10), (2, 8, 7, 13)),
        ("ZeroPad2d((1, 1))", (2, 8, 10, 10), (2, 8, 10, 12)),
        ("ConstantPad1d((-3, 4), -1)", (2, 8, 3), (2, 8, 4)),  # nothing of the input is left
        ("ReflectionPad1d(3)", (2, 8, 4), (2, 8, 10)),
        ("ReplicationPad3d(2)", (2, 1, 1, 1, 1), (2, 1, 5, 5, 5)),
        ("CircularPad1d(4)", (2, 8, 4), (2, 8, 12)),
        ("Pad((1, 1, 0, 0, -1, 0))", (2, 8, 9, 9), (2, 7, 9, 11)),
        ("Pad(())", (2, 8), (2, 8)),
        ("Pad((2, 2), 'reflect', 0)", (2, 3, 8), (2, 3, 12)),
    ],
)
def test_shapes(text: str, shape: Shape, expected: Shape) -> None:
    assert layer(text).shape(Needs(), shape) == expected


@pytest.mark.parametrize(
    ("text", "shape", "code", "message"),
    [
        ("MaxPool2d(2)", (2, 16, 1, 9), "SHP105", "height 1 is smaller than kernel 2"),
        ("MaxPool2d(3, 1, 1)", (2, 16, 9, 0), "SHP105", "width 0 padded to 2 is smaller than kernel 3"),
        (
            "MaxPool1d(3, dilation=2)",
            (2, 16, 4),
            "SHP105",
            "length 4 is smaller than kernel 3 (dilated to 5)",
        ),
        ("MaxPool2d(3, padding=2)", (2, 1, 4, 4), "SHP108", "padding 2 is more than half of kernel 3"),
        ("MaxPool2d(3, 1, 2, 3)", (2, 1, 9, 9), "SHP108", "padding 2 is more than half of kernel 3"),
        (
            "MaxPool2d(2)",
            (2, 9),
            "SHP102",
            "input has 2 axes, and MaxPool2d takes 4 (batch, channels, height, width)",
        ),
        ("AvgPool3d(3, padding=1)", (2, 1, 2, 4, 4), "SHP105", "depth 2 is smaller than kernel 3"),
        ("LPPool3d(2, 3, ceil_mode=True)", (2, 1, 2, 4, 4), "SHP105", "depth 2 is smaller than kernel 3"),
        ("AvgPool2d(3, divisor_override=0)", (2, 1, 4, 4), "SHP101", "divisor_override must not be 0"),
        ("LPPool1d(2, (3,))", (2, 1, 4), "SHP101", "kernel_size must be an integer, not (3,)"),
        (
            "FractionalMaxPool2d(3)",
            (2, 1, 4, 4),
            "SHP101",
            "FractionalMaxPool2d takes output_size or output_ratio, and neither is given",
        ),
        (
            "FractionalMaxPool3d(3, 6)",
            (2, 1, 8, 8, 8),
            "SHP105",
            "depth 8 is too small for 6 windows of kernel 3",
        ),
        (
            "FractionalMaxPool2d(2, output_ratio=0.3)",
            (2, 1, 3, 8),
            "SHP106",
            "output_ratio 0.3 leaves nothing of height 3",
        ),
        ("ReflectionPad2d(5)", (2, 8, 4, 9), "SHP107", "reflect padding 5 is too large for height 4"),
        (
            "CircularPad1d((3, -3))",
            (2, 8, 5),
            "SHP107",
            "circular padding 3 is too large for length 5 cropped to 2",
        ),
        ("ZeroPad2d((-2, -2, 0, 1))", (2, 8, 4, 3), "SHP106", "padding (-2, -2) crops all of width 3 away"),
        ("ConstantPad1d((-4, 6), 0)", (2, 8, 3), "SHP106", "padding (-4, 6) crops all of length 3 away"),
        ("ZeroPad1d((1, 2, 3))", (2, 8, 3), "SHP101", "padding has 3 numbers, and takes two for each axis"),
        (
            "CircularPad2d(1)",
            (2, 8),
            "SHP102",
            "input has 2 axes, and circular padding by 4 numbers takes 4 or 3",
        ),
        (
            "CircularPad3d((1, 1))",
            (2, 8, 9, 9),
            "SHP102",
            "CircularPad3d takes no circular padding by 2 numbers",
        ),
        (
            "Pad((1,) * 10)",
            (2, 8),
            "SHP102",
            "input has 2 axes, and constant padding by 10 numbers takes at least 5",
        ),
        ("Pad((1, 1), 'reflect', 2)", (2, 8, 9), "SHP101", "mode='reflect' takes no value, and value is 2"),
    ],
)
def test_refusals(text: str, shape: Shape, code: str, message: str) -> None:
    problem = refused(text, shape)
    assert (problem.code.id, problem.message) == (code, message)


def test_unpooling_takes_its_size_in_forward() -> None:
    x = (2, 8, 5, 5)
    assert layer("MaxUnpool2d(2)").shape(Needs(), x, x) == (2, 8, 10, 10)
    sized = layer("MaxUnpool2d(2, output_size=(2, 8, 11, 9))")
    assert sized.shape(Needs(), x, x) == (2, 8, 11, 9)
    assert repr(sized) == "MaxUnpool2d(2)"
    far = refused("MaxUnpool2d(2, output_size=(12, 10))", x, x)
    assert far.message == "output_size 12 is too far from height 10"
    assert far.repairs == ({"output_size": (11, 10)},)
    other = refused("MaxUnpool2d(2)", x, (2, 8, 5, 4))
    assert other.message == "indices have the shape 2x8x5x4, and the input has 2x8x5x5"


def test_repairs_change_one_argument() -> None:
    assert refused("MaxPool2d(2)", (2, 16, 1, 9)).repairs == (
        {"ceil_mode": True},
        {"kernel_size": (1, 2)},
    )
    assert refused("MaxPool2d(3, padding=2)", (2, 1, 4, 4)).repairs == ({"padding": (1, 2)},)
    assert refused("ReflectionPad2d(5)", (2, 8, 9, 4)).repairs == ({"padding": (3, 3, 5, 5)},)


def test_symbols() -> None:
    need = Needs()
    assert layer("MaxPool2d(2)").shape(need, (N, 8, H, W)) == (N, 8, H // 2, W // 2)
    assert [str(condition) for condition, _ in need] == ["H >= 2", "W >= 2"]
    assert layer("MaxPool1d(3, 2, ceil_mode=True)").shape(Needs(), (N, 8, H)) == (N, 8, H // 2)
    assert layer("FractionalMaxPool2d(3, output_ratio=0.5)").shape(Needs(), (N, 8, H, 9)) == (N, 8, H // 2, 4)
    assert "no exact formula" in refused("FractionalMaxPool2d(3, output_ratio=0.29)", (N, 8, H, 9)).message
    # torch would pool the batch away
    assert refused("AdaptiveAvgPool2d(1)", (N, 8)).code.id == "SHP102"


def test_infinity_is_spelt_so_that_python_reads_it() -> None:
    assert repr(layer("ConstantPad2d(1, -inf)")) == "ConstantPad2d(1, float('-inf'))"
    assert layer("Pad((1, 1), value=-inf)").expression("x") == (
        "torch.nn.functional.pad(x, (1, 1), value=float('-inf'))"
    )
