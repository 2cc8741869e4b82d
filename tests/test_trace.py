"""The verb: rows, batch, symbols, failures, and what a shape from outside may be."""

from __future__ import annotations

import pytest

import shapecalc as sc
from shapecalc.problem import SpecError
from shapecalc.shapes import N


def test_rows_are_samples_and_shapes_carry_the_batch() -> None:
    traced = sc.trace(sc.loads("layers: ['Conv2d(1, 8, 3, stride=2)', ReLU]"), "1x28x28")
    assert [(step.path, step.ins, step.out) for step in traced.steps] == [
        ("layers.0", ((1, 28, 28),), (8, 13, 13)),
        ("layers.1", ((8, 13, 13),), (8, 13, 13)),
    ]
    assert traced.steps[0].shape_out == (N, 8, 13, 13)
    assert (traced.output, traced.ok, traced.problems) == ((8, 13, 13), True, ())


def test_a_failure_keeps_the_rows_before_it() -> None:
    traced = sc.trace(sc.loads("layers: ['MaxPool2d(2)', 'Linear(5, 4)', ReLU]"), "1x28x28")
    assert [step.path for step in traced.steps] == ["layers.0"]
    assert traced.output is None
    assert traced.problems[0].path == "layers.1"
    assert traced.failed_in == ((N, 1, 14, 14),)


def test_parameters_and_macs_go_with_the_sample() -> None:
    traced = sc.trace(sc.loads("layers: ['Conv2d(1, 16, 3, stride=2, padding=1)']"), "1x10x474")
    assert (traced.steps[0].params, traced.steps[0].macs) == (160, 170640)


def test_transposed_macs_go_with_the_input_positions() -> None:
    traced = sc.trace(sc.loads("layers: ['ConvTranspose2d(16, 1, 3, stride=2, padding=1)']"), "16x5x237")
    assert traced.steps[0].macs == 16 * 9 * 5 * 237


def test_symbols_ride_through_the_same_rules() -> None:
    traced = sc.trace(sc.loads("layers: ['Conv2d(1, 8, 5, stride=2)', 'MaxPool2d(2)']"), "1xHxW")
    assert str(traced.output) == "(8, (H-3)//4, (W-3)//4)"
    assert [str(need.condition) for need in traced.steps[0].needs] == ["H >= 5", "W >= 5"]
    assert [str(need.condition) for need in traced.steps[1].needs] == ["H >= 7", "W >= 7"]


def test_one_letter_twice_is_one_size() -> None:
    traced = sc.trace(sc.loads("layers: ['Flatten()']"), "3xHxH")
    assert traced.output is not None
    assert str(traced.output[0]) in ("3*H*H", "3*H**2")


def test_a_shape_that_spells_the_batch_is_taken_whole() -> None:
    lstm = sc.loads("layers: ['LSTM(80, 32)']")
    assert sc.trace(lstm, "474xNx80").shape_out == (474, N, 32)
    assert sc.trace(sc.loads("layers: ['LSTM(80, 32, batch_first=True)']"), "Nx474x80").output == (474, 32)


def test_numbers_are_inferred() -> None:
    spec = "layers: [LazyConv2d: [8, 3], BatchNorm2d: [_], 'Flatten()', LazyLinear: [10]]"
    traced = sc.trace(sc.loads(spec), "3x8x8")
    assert [repr(step.layer) for step in traced.steps] == [
        "Conv2d(3, 8, 3)",
        "BatchNorm2d(8)",
        "Flatten()",
        "Linear(288, 10)",
    ]


def test_the_input_is_needed() -> None:
    with pytest.raises(SpecError, match="no input size is known"):
        sc.trace(sc.loads("layers: [ReLU]"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("1x10x", "a size is missing in the shape `1x10x`"),
        ("", "a size is missing"),
        ("1x-3x4", "`-3` is neither a positive integer nor a letter"),
        ("1x0x4", "size 0 in the shape `1x0x4` must be at least 1"),
        ("1x3.5x4", "`3.5` is neither a positive integer nor a letter"),
        ("1x" + "9" * 13, "has over 12 digits"),
        ((1, 0), "size 0"),
        ((1, 2.5), "size 2.5 in the shape `1x2.5` is no integer"),
        ((True, 3), "size True"),
        ("x".join(["2"] * 40), "has 40"),
        (3.5, "a shape is text like `1x10x474` or a tuple of integers, not 3.5"),
        (0, "size 0"),
    ],
)
def test_what_is_no_shape(given: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        sc.trace(sc.loads("layers: [ReLU]"), given)  # type: ignore[arg-type]
    assert message in caught.value.problem.message


@pytest.mark.parametrize(
    "given", ["1x10x474", "1×10×474", "1X10X474", "(1, 10, 474)", "1, 10, 474", [1, 10, 474], (1, 10, 474)]
)
def test_spellings_of_a_shape(given: str | list[int] | tuple[int, ...]) -> None:
    assert sc.trace(sc.loads("layers: [ReLU]"), given).output == (1, 10, 474)


class TestOutputShape:
    def test_a_layer_text(self) -> None:
        assert sc.output_shape("Conv2d(1, 32, 5, stride=2)", "1x28x28") == (32, 12, 12)

    def test_a_layer(self) -> None:
        from shapecalc.layers.conv import Conv2d

        assert sc.output_shape(Conv2d(1, 32, 5), (1, 28, 28)) == (32, 24, 24)

    def test_an_arch(self) -> None:
        assert sc.output_shape(sc.loads("layers: ['Flatten()']"), "2x3") == (6,)

    def test_several_inputs(self) -> None:
        assert sc.output_shape("Cat()", "3x8x8", "5x8x8") == (8, 8, 8)

    def test_refusals_are_shape_errors(self) -> None:
        with pytest.raises(sc.ShapeError, match="channels"):
            sc.output_shape("Conv2d(3, 8, 3)", "1x28x28")
        with pytest.raises(sc.ShapeError, match="groups"):
            sc.output_shape("Conv2d(3, 8, 3, groups=2)", "3x28x28")
        with pytest.raises(sc.ShapeError, match="did you mean `Conv2d`"):
            sc.output_shape("Conv2D(3, 8, 3)", "3x28x28")

    def test_the_meta_device_is_not_the_truth(self) -> None:
        """Torch's kernels refuse this output_padding, while its meta device lets it through."""
        with pytest.raises(sc.ShapeError, match="output_padding 2 must be smaller than stride 2"):
            sc.output_shape("ConvTranspose2d(4, 4, 3, stride=2, output_padding=2)", "4x5x5")
