"""Resizing, reshaping, cutting and joining: shapes and messages worked out by hand."""

from __future__ import annotations

import pytest
from kinds import layer, refused

from shapecalc.layer import Needs, Shape
from shapecalc.problem import (
    BAD_ARGUMENT,
    INPUT_COUNT,
    SIZE_LIMIT,
    WRONG_RANK,
    SpecError,
)
from shapecalc.size import Size, symbol
from shapecalc.sorts import BATCH

N, H, W = symbol("N"), symbol("H"), symbol("W")


def out(text: str, *inputs: Shape) -> Shape:
    return layer(text).shape(Needs(), *inputs)


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("Upsample(scale_factor=2)", [(2, 8, 5, 7)], (2, 8, 10, 14)),
        ("Upsample(scale_factor=0.29)", [(2, 8, 100)], (2, 8, 28)),  # 100 * 0.29 is 28.999... in torch, too
        ("Upsample((3, 4), mode='bilinear')", [(2, 8, 5, 7)], (2, 8, 3, 4)),
        ("UpsamplingNearest2d(9)", [(2, 8, 5)], (2, 8, 9)),  # torch takes three axes
        ("Interpolate(mode='area')", [(2, 8, 5, 5), (2, 3, 9, 11)], (2, 8, 9, 11)),
        ("PixelShuffle(3)", [(2, 18, 5, 7)], (2, 2, 15, 21)),
        ("PixelUnshuffle(3)", [(2, 2, 15, 21)], (2, 18, 5, 7)),
        ("Unfold(3, padding=1)", [(2, 4, 5, 7)], (2, 36, 35)),
        ("Fold((5, 7), 3, padding=1)", [(2, 36, 35)], (2, 4, 5, 7)),
        ("Flatten()", [(2, 32, 5, 7)], (2, 1120)),
        ("Flatten(-2)", [(2, 32, 5, 7)], (2, 32, 35)),
        ("Unflatten(1, (4, -1))", [(2, 32, 5)], (2, 4, 8, 5)),
        ("View(N, 4, -1)", [(2, 8, 5)], (2, 4, 10)),
        ("View(-1, 320)", [(2, 480)], (3, 320)),  # the batch is folded: torch says nothing
        ("Reshape(-1, N)", [(2, 3, 4)], (12, 2)),
        ("Expand(-1, 4, N)", [(2, 1, 1)], (2, 4, 2)),
        ("Permute(0, 2, 3, 1)", [(2, 8, 5, 7)], (2, 5, 7, 8)),
        ("Transpose(1, -1)", [(2, 8, 5)], (2, 5, 8)),
        ("Squeeze()", [(2, 1, 5, 1)], (2, 5)),
        ("Squeeze(1)", [(2, 3, 1)], (2, 3, 1)),  # torch leaves what is not 1
        ("Unsqueeze(-1)", [(2, 3)], (2, 3, 1)),
        ("Slice(2, -3)", [(2, 8, 5)], (2, 8, 3)),
        ("Slice(1, 1, 99, 3)", [(2, 8, 5)], (2, 3, 5)),
        ("Crop(4)", [(2, 8, 5, 7)], (2, 8, 4, 4)),
        ("Crop()", [(2, 8, 5, 7), (2, 4, 5, 6)], (2, 8, 5, 6)),
        ("Chunk(4, index=2)", [(2, 5)], (2, 1)),  # 2, 2, 1: three pieces, not four
        ("Split((2, 6), index=-1)", [(2, 8, 5)], (2, 6, 5)),
        ("Select(1, -1)", [(2, 8, 5)], (2, 5)),
        ("Mean((2, 3))", [(2, 8, 5, 7)], (2, 8)),
        ("Amax(-1, keepdim=True)", [(2, 8, 5)], (2, 8, 1)),
        ("Sum(())", [(2, 8, 5)], ()),  # an empty dim is all of them
        ("Cat()", [(2, 8, 5, 7), (2, 4, 5, 7)], (2, 12, 5, 7)),
        ("Stack()", [(2, 8), (2, 8), (2, 8)], (2, 3, 8)),
        ("Add()", [(2, 8, 5, 7), (8, 1, 1)], (2, 8, 5, 7)),
        ("MatMul()", [(2, 4, 6, 8), (8, 3)], (2, 4, 6, 3)),
    ],
)
def test_shapes(text: str, inputs: list[Shape], expected: Shape) -> None:
    assert out(text, *inputs) == expected


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("Cat()", [(2, 8, 5, 7), (2, 4, 6, 7)], "Cat needs equal sizes outside dim 1, but height is 5 and 6"),
        ("Add()", [(2, 8, 5), (2, 8, 6)], "Add needs equal sizes or 1, but length is 5 and 6"),
        ("Mul()", [(8, 5), (8, 6)], "Mul needs equal sizes or 1, but axis 1 is 5 and 6"),
        ("Stack()", [(2, 3), (2, 4)], "Stack needs equal shapes, but axis 1 is 3 and 4"),
        ("MatMul()", [(64, 13056), (15360, 8)], "MatMul cannot multiply 64x13056 and 15360x8: "
         "the first ends in 13056, and the second takes 15360"),
        ("View(N, 64, -1)", [(N, 31, 10)], "31*10 = 310 elements of a sample do not fit 64x-1"),
        ("View(64, 99)", [(2, 32, 10)], "2*32*10 = 640 elements do not fit 64x99"),
        ("Unflatten(1, (3, 5))", [(2, 16)], "axis 1 of size 16 does not unflatten into 3x5"),
        ("Flatten(2)", [(2, 16)], "start_dim 2 is out of range for an input of 2 axes"),
        ("Permute(0, 2, 1)", [(2, 3, 4, 5)], "Permute orders 3 axes, and the input has 4"),
        ("Slice(2, 5)", [(2, 3, 5)], "slice 5: of length 5 is empty"),
        ("Chunk(4, index=3)", [(2, 5)], "there is no piece 3"),
        ("Crop(6)", [(2, 3, 5, 7)], "Crop to height 6 needs at least as much, and the input has 5"),
        ("PixelShuffle(2)", [(2, 6, 5, 5)], "6 channels are not divisible by upscale_factor 2 squared, 4"),
        ("PixelUnshuffle(2)", [(2, 6, 5, 4)], "height 5 is not divisible by downscale_factor 2"),
        ("ChannelShuffle(4)", [(2, 6, 5, 5)], "6 channels are not divisible by groups 4"),
        ("Fold(4, 2)", [(2, 12, 4)], "input has 4 blocks, but output_size 4 takes 9"),
        ("UpsamplingBilinear2d(9)", [(2, 3, 9)], "mode='bilinear' takes 4 axes, and the input has 3"),
        ("Upsample(scale_factor=0.1)", [(2, 3, 9)], "scale_factor 0.1 leaves nothing of length 9"),
        ("Upsample(2, 2)", [(2, 3, 9)], "`size` and `scale_factor` are both given"),
        ("Upsample(2, align_corners=True)", [(2,)], "align_corners=True has no meaning with mode='nearest'"),
    ],
)  # fmt: skip
def test_messages(text: str, inputs: list[Shape], message: str) -> None:
    assert refused(text, *inputs).message == message


@pytest.mark.parametrize(
    ("text", "inputs", "repairs"),
    [
        ("View(N, 153600)", [(N, 32, 10, 474)], [{"size": (BATCH, 151680)}]),
        ("View(-1, 320)", [(2, 500)], [{"size": (-1, 500)}]),
        ("View(64, 32, 10)", [(2, 32, 10)], [{"size": (BATCH, 32, 10)}]),
        ("PixelShuffle(4)", [(2, 9, 5, 5)], [{"upscale_factor": 3}]),
        ("Unflatten(1, (3, 4))", [(2, 24)], [{"unflattened_size": (3, 8)}, {"unflattened_size": (6, 4)}]),
    ],
)
def test_repairs(text: str, inputs: list[Shape], repairs: list[dict[str, object]]) -> None:
    found = refused(text, *inputs)
    assert list(found.repairs) == repairs
    for change in found.repairs:
        layer(text).replace(**change).shape(Needs(), *inputs)


def test_a_view_that_folds_the_batch_says_when_it_runs() -> None:
    need = Needs()
    (rows, columns) = layer("View(-1, 320)").shape(need, (N, 500))
    assert str(rows) == "25*N//16"
    assert columns == 320
    assert [str(condition) for condition, _ in need] == ["N % 16 == 0"]
    assert need[0].problem.message == "500 elements of a sample do not fit -1x320"


def test_symbols_pass_through() -> None:
    assert out("View(N, -1)", (N, 32, 5, 7)) == (N, 1120)
    assert out("Cat()", (N, 8, H, W), (N, 4, H, W)) == (N, 12, H, W)
    assert str(out("Upsample(scale_factor=1.5)", (N, 8, H))[2]) == "3*H//2"
    assert str(out("Slice(2, 1, -2)", (N, 8, H))[2]) == "H-3"
    need = Needs()
    assert layer("Add()").shape(need, (N, 8, H), (N, 8, 5)) == (N, 8, 5)
    assert [str(condition) for condition, _ in need] == ["H == 5"]


@pytest.mark.parametrize("kind", ["Add", "Mul", "Sub", "Div"])
def test_a_symbolic_batch_is_not_matched_with_channels(kind: str) -> None:
    shapes: list[tuple[Size, ...]] = [(N, 3, 10, 474), (N, 10, 474)]
    message = f"{kind} would put the batch N of one input against channels 3 of the other"
    assert refused(f"{kind}()", *shapes).message == message


def test_limits_are_said() -> None:
    found = refused("Upsample(scale_factor=0.29)", (N, 8, H))
    assert found.code == SIZE_LIMIT
    assert found.message == "scale_factor 0.29 has no exact formula for size H"
    assert found.note == "100 * 0.29 = 28.999999999999996 in floating point, one short of 29"
    assert refused("Chunk(3, index=-1)", (N, H)).code == SIZE_LIMIT


def test_counts_of_inputs() -> None:
    assert refused("Add()", (2, 3)).code == INPUT_COUNT
    assert out("Cat()", (2, 3)) == (2, 3)  # torch takes a single tensor
    assert refused("Crop(2)", (2, 3)).code == WRONG_RANK
    assert refused("Crop(2)", (2, 3, 4), (2, 3, 4)).code == BAD_ARGUMENT


@pytest.mark.parametrize(
    "text", ["View()", "Permute(0, 1.5)", "View(True)", "Upsample(scale_factor='2')", "Cat(dim=None)"]
)
def test_what_is_not_understood(text: str) -> None:
    with pytest.raises(SpecError):
        layer(text)


@pytest.mark.parametrize(
    ("text", "names", "expression"),
    [
        ("View(N, -1)", "x", "x.view(x.size(0), -1)"),
        ("Permute(0, 2, 1)", "x", "x.permute(0, 2, 1)"),
        ("Slice(2, 1, -1)", "x", "x[:, :, 1:-1]"),
        ("Slice(-2, end=4, step=2)", "x", "x[..., :4:2, :]"),
        ("Mean((2, 3), keepdim=True)", "x", "x.mean((2, 3), keepdim=True)"),
        ("Chunk(2)", "x", "torch.chunk(x, 2, dim=1)[0]"),
        ("Cat()", "up skip", "torch.cat([up, skip], dim=1)"),
        ("Sub()", "a b c", "a - b - c"),
        ("Interpolate(mode='bilinear')", "x like", "F.interpolate(x, size=like.shape[2:], mode='bilinear')"),
        ("Squeeze()", "x", "x.squeeze()"),
    ],
)
def test_expressions(text: str, names: str, expression: str) -> None:
    assert layer(text).expression(*names.split()) == expression
