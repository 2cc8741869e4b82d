"""The examples tell the story: each with its outcome, by us and by real torch."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_oracle import shapes_of, torch_shapes

import shapecalc as sc

EXAMPLES = Path(__file__).parent.parent / "examples"

#: name, input, output (None where a layer cannot run), problem codes
STORY = [
    ("mnist_conv_only", "1x28x28", (1, 4, 4), ["SHP201"]),
    ("mnist_cae", "1x28x28", (1, 28, 28), []),
    ("mnist_cae", "1x10x474", None, ["SHP105"]),
    ("mel_first_try", "1x10x474", None, ["SHP105"]),
    ("mel_cae", "1x10x474", (1, 10, 474), []),
    ("mel_cae", "1x10x473", (1, 10, 474), ["SHP201"]),
    ("mel_encoder", "1x10x474", (8, 2, 60), []),
    ("mel_frames", "1x10x474", (1, 10, 474), []),
    ("residual_encoder", "3x45x60", (8, 12, 15), []),
    ("digits_cae", "1x8x8", (1, 8, 8), []),
    ("unet", "3x64x96", (2, 64, 96), []),
    ("unet", "3x64x98", None, ["SHP112"]),
    ("vgg_classifier", "3x224x224", (1000,), []),
    ("vgg_wrong_features", "3x32x32", None, ["SHP111"]),
]


def test_every_example_has_its_outcome_here() -> None:
    assert {path.name.removesuffix(".arch.yaml") for path in EXAMPLES.glob("*.arch.yaml")} == {
        row[0] for row in STORY
    }


@pytest.mark.parametrize(("name", "size", "output", "codes"), STORY)
def test_outcome(name: str, size: str, output: tuple[int, ...] | None, codes: list[str]) -> None:
    report = sc.check(EXAMPLES / f"{name}.arch.yaml", size)
    assert report.trace is not None
    assert report.trace.output == output
    assert [problem.code.id for problem in report.problems if problem.severity != "note"] == codes
    assert report.ok == (not codes)


@pytest.mark.parametrize(("name", "size", "output", "codes"), STORY)
def test_torch_does_the_same(name: str, size: str, output: tuple[int, ...] | None, codes: list[str]) -> None:
    arch = sc.load(EXAMPLES / f"{name}.arch.yaml")
    traced = sc.trace(arch, size)
    if output is None:
        with pytest.raises((RuntimeError, ValueError)):
            torch_shapes(arch, traced, traced.input)
    else:
        assert torch_shapes(arch, traced, traced.input) == shapes_of(traced)


def test_published_parameters() -> None:
    """VGG-11 has 132,863,336 of them (Simonyan & Zisserman 2014, table 2: 133 million)."""
    traced = sc.trace(sc.load(EXAMPLES / "vgg_classifier.arch.yaml"))
    assert sum(step.params for step in traced.steps) == 132_863_336


def test_mel_first_try_names_layer_size_and_kernel() -> None:
    report = sc.check(EXAMPLES / "mel_first_try.arch.yaml", "1x10x474")
    (problem,) = report.problems
    assert problem.path == "encoder.2"
    assert problem.message == "height 2 is smaller than kernel 5"
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (8, 21)
    assert report.trace is not None
    assert len(report.trace.steps) == 2


def test_wrong_in_features_says_the_right_number() -> None:
    report = sc.check(EXAMPLES / "vgg_wrong_features.arch.yaml")
    (problem,) = report.problems
    assert problem.message == "input has 4096 features, but in_features is 3136"
    assert problem.help == "in_features=4096 gives 128 here and 10 at the end"
    assert problem.fix is not None
    assert problem.fix.safe
