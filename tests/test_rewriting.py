"""Structural edits: layers put before a join or behind the end, a layer's line taken out; the text around them stays."""

from __future__ import annotations

import pytest
from test_fix import mended

import shapecalc as sc
from shapecalc.layer import KINDS
from shapecalc.problem import Problem
from shapecalc.repair.changes import Change, Inserted, changed
from shapecalc.repair.edit import edited
from shapecalc.repair.rewriting import edits
from shapecalc.report import check_text

HEAD = "input: 3x59x58\nlayers:\n"
UNET = """\
  - enc: Conv2d(3, 8, 3, padding=1)
  - MaxPool2d(2)
  - Upsample(scale_factor=2)
  - up: Identity
  # above the join
"""


def rewritten(text: str, changes: dict[int, Change]) -> str | None:
    """The edited text; None where no edits say it."""
    arch = sc.loads(text)
    made = edits(arch, changes)
    return None if made is None else edited(text, made)


def error(text: str) -> Problem:
    """The text's one error."""
    (problem,) = (problem for problem in check_text(text, None).problems if problem.severity == "error")
    return problem


JOINS = [
    ("- Cat(up, enc)   # kept", "- ZeroPad2d((0, 0, 0, 1))\n  - Cat(x, enc)   # kept"),
    ("- Cat(x, enc)", "- ZeroPad2d((0, 0, 0, 1))\n  - Cat(x, enc)"),
    ("- Add(enc)", "- ZeroPad2d((0, 0, 0, 1))\n  - Add(enc)"),
    ("- join: Sub(enc, layers.up)", "- ZeroPad2d((0, 0, 0, 1))\n  - join: Sub(enc, x)"),
    ("- 'Cat(enc, up)'", "- ZeroPad2d((0, 0, 0, 1))\n  - 'Cat(enc, x)'"),
    ("- {join: 'Cat(enc, up)'}", "- ZeroPad2d((0, 0, 0, 1))\n  - {join: 'Cat(enc, x)'}"),
    ("- Cat: [up, enc]", "- ZeroPad2d: {padding: [0, 0, 0, 1]}\n  - Cat: [x, enc]"),
    ('- Cat: ["enc", "up"]  # c', '- ZeroPad2d: {padding: [0, 0, 0, 1]}\n  - Cat: ["enc", x]  # c'),
    ("- join:\n      Add: [up, enc]", "- ZeroPad2d: {padding: [0, 0, 0, 1]}\n  - join:\n      Add: [x, enc]"),
    ("- join:\n      Add: [\n        up, enc]", "- ZeroPad2d: {padding: [0, 0, 0, 1]}\n  - join:\n      Add: [\n        x, enc]"),
]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("join", "wanted"), JOINS)
def test_a_pad_before_a_join(join: str, wanted: str, newline: str) -> None:
    text = f"{HEAD}{UNET}  {join}\n  - ReLU\n".replace("\n", newline)
    assert mended(text).text == text
    result = mended(text, unsafe=True)
    assert result.text == f"{HEAD}{UNET}  {wanted}\n  - ReLU\n".replace("\n", newline)
    assert result.report.ok
    assert mended(result.text, unsafe=True).applied == ()


def test_the_help_says_where_it_goes() -> None:
    problem = error(f"{HEAD}{UNET}  - Cat(up, enc)\n  - Conv2d(16, 1, 1)\n")
    assert problem.help == (
        "`ZeroPad2d((0, 0, 0, 1))` on `layers.up` before it gives 16x59x58 here and 1x59x58 at the end"
    )
    assert problem.fix is not None
    assert not problem.fix.safe


def test_a_skip_is_cropped_as_in_the_first_unet() -> None:
    text = (
        "input: 1x572x572\nlayers:\n- enc: ['Conv2d(1, 4, 3)', 'Conv2d(4, 4, 3)']\n- MaxPool2d(2)\n"
        "- ['Conv2d(4, 8, 3)', 'Conv2d(8, 8, 3)']\n- ConvTranspose2d(8, 4, 2, stride=2)\n- Cat({})\n"
    )
    assert mended(text.format("x, enc"), unsafe=True).text == text.format("layers.3, x").replace(
        "- Cat", "- Crop(enc, x)\n- Cat"
    )
    assert mended(text.format("enc"), unsafe=True).text == text.format("layers.3, x").replace(
        "- Cat", "- Crop(enc, x)\n- Cat"
    )
    named = text.replace("- ConvT", "- up: ConvT")
    assert mended(named.format("enc, up"), unsafe=True).text == named.format("x, up").replace(
        "- Cat", "- Crop(enc, up)\n- Cat"
    )


def test_joins_of_transposed_layers_are_mended_together_and_safely() -> None:
    text = (
        "input: 1x31x31\nlayers:\n- a: Conv2d(1, 4, 3, padding=1)\n- MaxPool2d(2)\n- b: Conv2d(4, 4, 3, padding=1)\n"
        "- MaxPool2d(2)\n- ConvTranspose2d(4, 4, 2, stride=2)\n- Cat(x, b)\n- ConvTranspose2d(8, 4, 2, stride=2)\n"
        "- Cat(x, a)\n"
    )
    result = mended(text)
    assert result.text == text.replace("2, stride=2)", "2, stride=2, output_padding=1)")
    assert len(result.applied) == 1
    assert result.report.ok


@pytest.mark.parametrize(
    "layers",
    [
        "['{enc: \"Conv2d(3, 8, 3, padding=1)\"}', MaxPool2d(2), Upsample(scale_factor=2), 'Cat(x, enc)']",
        "\n- {enc: 'Conv2d(3, 8, 3, padding=1)'}\n- [MaxPool2d(2), Upsample(scale_factor=2), 'Cat(x, enc)']\n",
        "\n- {enc: 'Conv2d(3, 8, 3, padding=1)'}\n- MaxPool2d(2)\n- - Upsample(scale_factor=2)\n- - Cat(x, enc)\n",
        # `layers.4` is another layer once a line is put above it
        "\n- enc: Conv2d(3, 8, 3, padding=1)\n- MaxPool2d(2)\n- Upsample(scale_factor=2)\n- Cat(x, enc)\n- ReLU\n- Add(x, layers.4)\n",
    ],
)
def test_where_no_line_fits_it_is_help_only(layers: str) -> None:
    text = f"input: 3x59x58\nlayers: {layers}".replace("'{", "{").replace("}'", "}")
    problem = error(text)
    assert problem.help is not None
    assert "`ZeroPad2d((0, 0, 0, 1))` on" in problem.help
    assert problem.fix is None


def test_in_a_repeat_every_turn_gets_it() -> None:
    text = (
        "input: 4x18x18\nlayers:\n- repeat: 2\n  layers:\n    - a: Conv2d(4, 4, 3, padding=1)\n    - Conv2d(4, 4, 1)\n"
        "    - up: ConstantPad2d(-1, 0)\n    - Add(up, a)\n"
    )
    arch = sc.loads(text)
    pad = Change(before=Inserted(KINDS["ZeroPad2d"](1)))
    assert rewritten(text, {3: pad}) == text.replace(
        "    - Add(up, a)", "    - ZeroPad2d(1)\n    - Add(x, a)"
    )
    made = changed(arch, {3: pad}).arch
    assert [type(node.layer).__name__ for node in made.nodes].count("ZeroPad2d") == 2
    assert sc.trace(made).ok


AUTOENCODER = """\
input: 1x10x474
latent: 8x4x236
encoder:
- MaxPool2d(2)  # halves
- Conv2d(1, 8, 2)
decoder:
- Upsample(scale_factor={factor})
- last:
    Conv2d:
      in_channels: 8
      out_channels: 1
      kernel_size: 1  # to one channel"""


@pytest.mark.parametrize("end", ["", "\n", "\n\n# the end\n", "\r\n"])
def test_a_pad_behind_the_end(end: str) -> None:
    newline = "\r\n" if "\r" in end else "\n"
    text = AUTOENCODER.format(factor=2).replace("\n", newline) + end
    result = mended(text, unsafe=True)
    added = f"{newline}- ZeroPad2d: {{padding: [1, 1, 1, 1]}}"
    assert result.text == text.removesuffix(end) + added + end
    assert result.report.trace is not None
    assert result.report.trace.output == (1, 10, 474)
    assert result.report.ok


def test_a_crop_behind_the_end() -> None:
    text = (
        "input: 1x11x12\nencoder:\n- Conv2d(1, 4, 3, stride=2, padding=1)\ndecoder:\n- Upsample(scale_factor=2)\n"
        "- Conv2d(4, 1, 1)\n"
    )
    assert mended(text, unsafe=True).text == f"{text}- Crop(size=(11, 12))\n"
    assert error(text).help == "`Crop(size=(11, 12))` behind `decoder.1` gives 1x11x12 at the end"


def test_what_lacks_half_is_not_padded() -> None:
    text = "input: 1x32x32\nlayers:\n- a: Conv2d(1, 1, 1)\n- MaxPool2d(2)\n- Add(x, a)\n"
    problem = error(text)
    assert "Pad2d" not in str(problem.help)


CHAIN = "input: 4\nlayers:\n  - Identity   # one\n  # of two\n  - two: ReLU  # two\n  - {three: Tanh}\n  - Linear: \n      in_features: 4\n      out_features: 3\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("number", "gone"),
    [
        (0, "  - Identity   # one\n"),
        (1, "  - two: ReLU  # two\n"),
        (2, "  - {three: Tanh}\n"),
        (3, "  - Linear: \n      in_features: 4\n      out_features: 3\n"),
    ],
)
def test_a_line_taken_out(number: int, gone: str, newline: str) -> None:
    text, gone = CHAIN.replace("\n", newline), gone.replace("\n", newline)
    assert rewritten(text, {number: Change(removed=True)}) == text.replace(gone, "")


def test_the_last_line_of_a_file_without_a_line_end() -> None:
    assert rewritten("layers:\n- ReLU\n- Tanh", {1: Change(removed=True)}) == "layers:\n- ReLU"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("layers: [ReLU, Tanh]\n", 0),
        ("layers:\n- ReLU\n", 0),
        ("encoder:\n- ReLU\ndecoder:\n- Tanh\n- ReLU\n", 0),
        ("layers:\n- a: ReLU\n- Tanh\n- Add(x, a)\n", 0),
        ("layers:\n- ReLU\n- Tanh\n- Add(x, layers.1)\n", 0),
        ("layers:\n- - ReLU\n  - Tanh\n- ReLU\n", 0),
        ("layers:\n- &a ReLU\n- Tanh\n- *a\n", 0),
        ('layers:\n- "ReLU\\u0028)"\n- Tanh\n', 0),
    ],
)
def test_what_cannot_be_taken_out(text: str, number: int) -> None:
    assert rewritten(text, {number: Change(removed=True)}) is None


def test_a_layer_in_another_ones_place() -> None:
    text = "layers:\n- MaxPool2d(1, stride=1)  # nothing\n- a: Conv2d(1, 2, 3, padding=1)\n"
    assert rewritten(text, {0: Change(kind="Identity")}) == text.replace(
        "MaxPool2d(1, stride=1)", "Identity()"
    )
    changes = {1: Change({"kernel_size": 5}, "ConvTranspose2d")}
    assert rewritten(text, changes) == text.replace("Conv2d(1, 2, 3", "ConvTranspose2d(1, 2, 5")


def test_sections_and_the_code_move_along() -> None:
    arch = sc.loads("input: 4\nlatent: 4\nencoder:\n- ReLU\n- Tanh\ndecoder:\n- ReLU\n- Add(x, encoder.0)\n")
    made, numbers = changed(
        arch, {0: Change(removed=True), 3: Change(before=Inserted(KINDS["ReLU"](), (1,)))}
    )
    assert made.sections == {"encoder": range(1), "decoder": range(1, 4)}
    assert made.contract.latent_node == 0
    assert [node.sources for node in made.nodes] == [(0,), (1,), (0,), (2, 3)]
    assert numbers == (0, 0, 1, 3)
