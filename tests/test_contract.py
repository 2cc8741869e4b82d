"""The contract and its repairs: the layer that went wrong is named, and what is offered works."""

from __future__ import annotations

import itertools

import pytest
from test_show import DESIGN
from torch_oracle import torch_shapes

import shapecalc as sc
from shapecalc.lint.selection import Selection
from shapecalc.problem import Problem
from shapecalc.repair.edit import edited
from shapecalc.report import check_text

NO_LINT = Selection(select=())


def only_problem(text: str, size: str | None = None) -> Problem:
    """The one problem that the engine finds; what the linter says of these small networks is left out."""
    (problem,) = check_text(text, "a.arch.yaml", size, selection=NO_LINT).problems
    return problem


def mended(text: str, size: str | None = None) -> str:
    """The text with the offered fix made, which must leave nothing to say."""
    problem = only_problem(text, size)
    assert problem.fix is not None
    after = edited(text, problem.fix.edits)
    report = check_text(after, None, size)
    assert report.ok, report.problems
    assert report.trace is not None
    arch = report.trace.arch
    shapes = torch_shapes(arch, report.trace, report.trace.input)
    assert shapes[-1][1:] == report.trace.output
    return after


def test_the_design_example() -> None:
    problem = only_problem(DESIGN)
    assert problem.code.id == "SHP201"
    assert problem.code.name == "unmirrored-output"
    assert problem.message == "decoder returns 1x12x476, but the input is 1x10x474"
    assert problem.path == "decoder.0"
    assert problem.place == (11, 113, 11, 114)
    assert problem.note == "height (3-1)*2 - 2*1 + 1*(3-1) + 1 + 1 = 6, where `encoder.down` took 5"
    assert problem.help == "output_padding=0 gives 16x5x237 here and 1x10x474 at the end"
    assert problem.fix is not None
    assert problem.fix.safe
    assert [(label.place.line, label.text) for label in problem.labels] == [
        (9, "made 3x119 out of 5x237, remainder 0 and 0"),
        (11, "makes 6x238 out of 3x119"),
    ]
    assert mended(DESIGN) == DESIGN.replace("output_padding: 1}", "output_padding: 0}")


def test_several_layers_at_once() -> None:
    text = "encoder: ['Conv2d(1, 8, 4, stride=3)', 'Conv2d(8, 8, 3, stride=2)']\n" + (
        "decoder:\n- ConvTranspose2d(8, 8, 3, stride=2)\n- ConvTranspose2d(8, 1, 4, stride=3)\n"
    )
    assert mended(text, "1x39x54").splitlines()[2:] == [
        "- ConvTranspose2d(8, 8, 3, stride=2, output_padding=(1, 0))",
        "- ConvTranspose2d(8, 1, 4, stride=3, output_padding=2)",
    ]


def test_a_decoder_of_plain_convolutions() -> None:
    text = "encoder:\n- Conv1d(1, 8, 5)\n- Conv1d(8, 8, 4, stride=2)\ndecoder:\n- Conv1d(8, 8, 4, stride=2)\n- Conv1d(8, 1, 5)\n"
    problem = only_problem(text, "1x32")
    assert problem.fix is not None
    assert not problem.fix.safe
    assert mended(text, "1x32").count("ConvTranspose1d") == 2


def test_wrong_channels_at_the_end() -> None:
    text = "encoder:\n- Conv2d(1, 8, 3, padding=1)\ndecoder:\n- Conv2d(8, 3, 3, padding=1)\n"
    problem = only_problem(text, "1x9x9")
    assert problem.message == "decoder returns 3x9x9, but the input is 1x9x9"
    assert problem.help == "out_channels=1 gives 1x9x9 at the end"
    assert mended(text, "1x9x9") == text.replace("8, 3, 3", "8, 1, 3")


def test_a_kernel_too_large_is_mended_with_its_partner() -> None:
    text = "encoder:\n- Conv2d(1, 8, 5)\n- Conv2d(8, 8, 5)\ndecoder:\n- ConvTranspose2d(8, 8, 5)\n- ConvTranspose2d(8, 1, 5)\n"
    problem = only_problem(text, "1x7x40")
    assert problem.help == "padding=(1, 0) here and in `decoder.0` give 8x1x32 here and 1x7x40 at the end"
    assert mended(text, "1x7x40").count(", padding=(1, 0)") == 2


def test_wrong_in_channels_is_a_safe_fix() -> None:
    text = "layers:\n- Conv2d(1, 8, 3)\n- Conv2d(9, 4, 3)\n"
    problem = only_problem(text, "1x9x9")
    assert problem.message == "input has 8 channels, but in_channels is 9"
    assert problem.fix is not None
    assert problem.fix.safe
    assert mended(text, "1x9x9") == text.replace("Conv2d(9", "Conv2d(8")


def test_a_repeated_layer_changes_everywhere() -> None:
    text = "layers:\n- repeat: 3\n  layers:\n  - BatchNorm1d(7)\n"
    assert mended(text, "8x20") == text.replace("7", "8")


def test_a_bare_kind_and_empty_parentheses_take_an_argument() -> None:
    text = "encoder: ['Conv1d(1, 1, 3, stride=2)']\ndecoder:\n- ConvTranspose1d: {in_channels: 1, out_channels: 1, kernel_size: 3, stride: 2}\n"
    assert mended(text, "1x10").endswith("stride: 2, output_padding: 1}\n")


def test_stated_output_and_latent() -> None:
    text = "input: 1x28x28\nlatent: 8x5x5\noutput: 11\nencoder: ['Conv2d(1, 8, 3)']\ndecoder: ['Flatten()', 'Linear(5408, 10)']\n"
    report = check_text(text, None)
    assert [(problem.code.id, problem.message) for problem in report.problems] == [
        ("SHP203", "the code is 8x26x26, but `latent:` states 8x5x5"),
        ("SHP202", "the network returns 10, but `output:` states 11"),
    ]
    assert [problem.labels[0].place.line for problem in report.problems] == [2, 3]


def test_stated_letters_are_the_letters_of_the_input() -> None:
    text = "input: 3xHxW\noutput: 2xHxW\nlayers: ['Conv2d(3, 2, 3, padding=1)', 'MaxPool2d(2)', 'Upsample(scale_factor=2)']\n"
    assert check_text(text, None, "3x64x96").ok
    assert (
        only_problem(text, "3x64x97").message == "the network returns 2x64x96, but `output:` states 2x64x97"
    )
    assert [str(need.condition) for need in check_text(text, None).needs] == ["H % 2 == 0", "W % 2 == 0"]


STATED = "input: 1x10x474\nlatent: {latent}\nencoder: ['Conv2d(1, 8, 3, stride=2, padding=1)']\ndecoder: ['ConvTranspose2d(8, 1, 4, stride=2, padding=1)']\n"


def test_numbers_are_those_of_the_own_input() -> None:
    """At another input the code is of another size; what `sizes` says to hold, `check` lets pass."""
    arch = sc.loads(STATED.format(latent="8x5x237"))
    found = sc.sizes(arch, "1xHxW")
    assert str(found.axis("H").holds) == "H ≡ 0 (mod 2)"
    for height, width in itertools.product((9, 10, 11, 12, 18), (472, 473, 474, 480)):
        assert sc.check(arch, (1, height, width)).ok == found.holds(H=height, W=width)


def test_a_number_that_is_wrong_at_the_own_input_is_wrong_at_others() -> None:
    arch = sc.loads(STATED.format(latent="8x6x237"))
    found = sc.sizes(arch, "1xHxW")
    messages = {
        sizes: [problem.message for problem in sc.check(arch, sizes).problems if problem.severity == "error"]
        for sizes in ("1x10x474", "1x10x480", "1x12x480")
    }
    assert messages == {
        "1x10x474": ["the code is 8x5x237, but `latent:` states 8x6x237"],
        "1x10x480": ["the code is 8x5x240, but `latent:` states 8x6x237"],
        "1x12x480": [],
    }
    assert [found.holds(H=height, W=480) for height in (10, 12)] == [False, True]


def test_channels_are_not_of_the_input() -> None:
    arch = sc.loads(STATED.format(latent="16x5x237"))
    assert [problem.code.id for problem in sc.check(arch, "1x12x480", select=[]).problems] == ["SHP203"]
    assert sc.sizes(arch, "1xHxW").problem is not None


def test_an_output_in_numbers_at_another_input() -> None:
    text = "input: 3x32x32\noutput: 8x15x15\nlayers: ['Conv2d(3, 8, 3)', 'MaxPool2d(2)']\n"
    assert check_text(text, None).ok
    assert check_text(text, None, "3x64x48").ok
    assert check_text(text.replace("input: 3x32x32\n", ""), None, "3x64x48").problems[0].code.id == "SHP202"


@pytest.mark.parametrize(
    ("view", "becomes"),
    [("View(-1, 250)", "2*Nx250"), ("View(-1, 320)", "25*N//16x320"), ("View(64, -1)", "64x125*N//16")],
)
def test_a_view_that_folds_the_batch(view: str, becomes: str) -> None:
    problem = only_problem(f"layers:\n- Conv2d(1, 20, 5)\n- {view}\n", "1x9x9")
    assert problem.code.id == "SHP204"
    assert problem.message == f"the batch is no longer N: Nx20x5x5 becomes {becomes}"
    assert problem.path == "layers.1"


def test_samples_taken_apart_again_are_no_problem() -> None:
    text = "layers:\n- View(-1, 3, 8, 8)\n- Conv2d(3, 4, 3)\n- View(-1, 5, 4, 6, 6)\n"
    assert check_text(text, None, "5x3x8x8").ok


def test_linear_autoencoders_are_mirrored_too() -> None:
    text = (
        "encoder: ['Linear(784, 128)', 'Linear(128, 32)']\ndecoder: ['Linear(32, 128)', 'Linear(128, 783)']\n"
    )
    problem = only_problem(text, "784")
    assert problem.path == "decoder.1"
    assert mended(text, "784") == text.replace("783", "784")


def test_symbols_give_the_conditions_of_the_contract() -> None:
    report = check_text(DESIGN.replace("output_padding: 1}", "output_padding: 0}"), None, "1xHxW")
    assert report.ok
    assert [str(need.condition) for need in report.needs] == ["H % 4 == 2", "W % 4 == 2"]


def test_no_repair_is_invented() -> None:
    problem = only_problem("encoder: ['Conv2d(1, 8, 3)']\ndecoder: ['AdaptiveAvgPool2d(3)']\n", "1x9x9")
    assert problem.help is None
    assert problem.fix is None


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_edits_keep_the_line_ends(ending: str) -> None:
    text = DESIGN.replace("\n", ending)
    assert mended(text) == text.replace("output_padding: 1}", "output_padding: 0}")


def test_sc_check_takes_an_arch() -> None:
    report = sc.check(sc.loads(DESIGN), "1x10x474")
    assert not report.ok
    assert "SHP201" in str(report)


@pytest.mark.parametrize(
    ("decoder", "enlarges"),
    [
        ("'Conv2d(4, 4, 3)', 'Conv2d(4, 1, 3)'", False),
        ("'Conv2d(4, 4, 3, padding=1)', 'Upsample(scale_factor=2)', 'Conv2d(4, 1, 3)'", True),
        ("'ConvTranspose2d(4, 1, 2)'", True),
    ],
)
@pytest.mark.parametrize("size", ["1x16x16", "1xHx16"])
def test_decoders_that_cannot_enlarge_are_told_so(decoder: str, enlarges: bool, size: str) -> None:
    text = f"input: {size}\nencoder: ['Conv2d(1, 4, 5, stride=2)']\ndecoder: [{decoder}]\n"
    (problem,) = sc.check(sc.loads(text)).problems[:1]
    assert problem.code.id == "SHP201"
    assert ("the decoder has no layer that enlarges" in (problem.note or "")) is not enlarges
