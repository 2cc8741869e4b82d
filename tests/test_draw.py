from __future__ import annotations

import functools
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given, settings
from picture_check import faults
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc.cli import app
from shapecalc.draw.blocks import blocks
from shapecalc.draw.canvas import Label, Picture
from shapecalc.draw.folding import folded, readable
from shapecalc.draw.layout import placed
from shapecalc.draw.mermaid import mermaid
from shapecalc.draw.network import network
from shapecalc.draw.png import NoRenderer, png, without_glyph
from shapecalc.draw.screen import screen
from shapecalc.draw.strips import NothingToDraw
from shapecalc.draw.svg import BOXES, LINES, THEMES, svg
from shapecalc.draw.windows import layer_picture
from shapecalc.draw.windows_screen import layer_screen
from shapecalc.report import Report
from shapecalc.show.text import cells
from shapecalc.strategies import architectures
from shapecalc.trace import Trace

EXAMPLES = Path(__file__).parent.parent / "examples"
CASES = Path(__file__).parent / "cases_as_specs"
SPECS = sorted(EXAMPLES.rglob("*.arch.yaml"))
#: An input at which the spec cannot run, or does not hold.
BROKEN = [
    ("mel_first_try", "1x10x474"),
    ("mel_cae", "1x10x473"),
    ("mnist_conv_only", None),
    ("vgg_wrong_features", None),
    ("unet", "3x63x97"),
]
SIGNS = "×→·⌊⌋−…✗"


def checked(name: str, input: str | None = None) -> tuple[Trace, Report]:
    report = sc.check(EXAMPLES / f"{name}.arch.yaml", input)
    assert report.trace is not None
    return report.trace, report


@functools.cache
def judged(path: Path) -> Report:
    return sc.check(path)


def drawn(report: Report, width: float = 960) -> Picture:
    assert report.trace is not None
    return network(report.trace, report.problems, width)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_no_label_overlaps_or_is_cut(path: Path) -> None:
    report = judged(path)
    for width in (480, 960):
        picture = drawn(report, width)
        assert faults(picture) == []
        assert picture.width <= max(width, 460) + 1


@pytest.mark.parametrize(
    "path", [path for path in SPECS if "zoo" not in path.parts], ids=lambda path: path.stem
)
def test_no_label_of_a_layer_overlaps_or_is_cut(path: Path) -> None:
    report = judged(path)
    assert report.trace is not None
    for number in range(len(report.trace.steps)):
        try:
            pictures = [layer_picture(report.trace, number, width) for width in (420, 960)]
        except NothingToDraw:
            continue
        assert [faults(picture) for picture in pictures] == [[], []]


@pytest.mark.parametrize(("name", "input"), BROKEN)
def test_what_is_wrong_is_red_with_both_sizes(name: str, input: str | None) -> None:
    _, report = checked(name, input)
    picture = drawn(report)
    assert faults(picture) == []
    red = " ".join(label.text for label in picture.labels if "bad" in label.role.split())
    error = next(problem for problem in report.problems if problem.severity == "error")
    assert error.code.id in red
    for number in [word for word in error.message.replace(",", " ").split() if word[0].isdigit()]:
        assert number in red
    assert any("failed" in box.role or "wrong" in box.role for box in picture.boxes)


BOTH_ENDS = {
    "contract": (
        "input: 1x10x473\nencoder: ['Conv2d(1, 4, 3, stride=2, padding=1)']\n"
        "decoder: ['ConvTranspose2d(4, 1, 3, stride=2, padding=1, output_padding=1)']",
        {"1x10x474", "1x10x473", "not 1x10x473"},
    ),
    "first wrong layer": (
        "input: 3x32x32\nencoder: ['Conv2d(3, 8, 4, stride=2, padding=1)', 'Conv2d(8, 8, 4, stride=2, padding=1)']\n"
        "decoder: ['ConvTranspose2d(8, 6, 3, stride=2)', 'ConvTranspose2d(6, 3, 4, stride=2, padding=1)']",
        {"6x17x17", "not 16x16", "8x16x16", "3x34x34", "not 3x32x32", "3x32x32"},
    ),
    "a pad before the partner": (
        "input: 3x31x31\nencoder: ['Conv2d(3, 4, 1)', 'ZeroPad2d((0, 1, 0, 1))', 'Conv2d(4, 8, 2, stride=2)']\n"
        "decoder: ['ConvTranspose2d(8, 3, 2, stride=2)']",
        {"3x32x32", "not 3x31x31", "4x31x31", "3x31x31"},
    ),
    "stated output": (
        "input: 3xHxW\noutput: 2xHxW\nlayers: ['Conv2d(3, 2, 3)']",
        {"2x14x18", "not 2x16x20"},
    ),
    "latent": (
        "input: 3x32x32\nlatent: 16x8x8\nencoder: ['Conv2d(3, 16, 3, stride=2, padding=1)']\n"
        "decoder: ['ConvTranspose2d(16, 3, 4, stride=2, padding=1)']",
        {"16x16x16", "not 16x8x8"},
    ),
    "join": (
        "input: 3x33x33\nlayers:\n- a: Conv2d(3, 8, 3, stride=2, padding=1)\n- b: Conv2d(8, 9, 3, stride=2, padding=1)\n"
        "- up: ConvTranspose2d(9, 8, 2, stride=2)\n- cat: Cat(up, a)",
        {"8x18x18", "8x17x17", "given 8x18x18 and"},
    ),
}


@pytest.mark.parametrize("name", BOTH_ENDS)
def test_a_mismatch_is_red_at_both_ends(name: str) -> None:
    text, expected = BOTH_ENDS[name]
    report = sc.check(sc.loads(text), "3x16x20" if "HxW" in text else None)
    picture = drawn(report)
    assert faults(picture) == []
    below = [label for label in picture.labels if label.anchor == "middle"]
    assert {label.text for label in below if "bad" in label.role.split()} == expected


def test_what_is_wrong_is_spelled_in_the_terminals_signs() -> None:
    text = "input: 3xHxW\nlayers: ['Conv2d(3, 8, 3, stride=2, padding=1)', 'Conv2d(4, 2, 1)']"
    report = sc.check(sc.loads(text))
    assert report.trace is not None
    assert "x given 8 x ((H+1)//2) x ((W+1)//2)" in "\n".join(screen(report.trace, (), 100, "ascii"))


def test_long_names_are_whole_and_broken_at_dots() -> None:
    text = "input: 3x8x8\nencoder:\n- stage_with_a_name: [{downsample_of_it: [{conv: 'Conv2d(3, 4, 1)'}]}]"
    labels = [label.text for label in drawn(sc.check(sc.loads(text))).labels]
    start = labels.index("encoder.")
    assert labels[start : start + 4] == ["encoder.", "stage_with_a_name.", "downsample_of_it.", "conv"]


def test_samples_folded_into_the_batch_are_no_axis() -> None:
    traced = sc.trace(sc.loads("input: 8x6x6\nlayers: ['View(-1, 24)', 'Linear(24, 2)']"))
    assert [block.scale for block in blocks(traced)] == [(8.0, 6.0), (24.0, 0.0), (2.0, 0.0)]


def test_no_line_of_one_block_where_another_break_is_near() -> None:
    layout = placed(readable(blocks(checked("zoo/mobilenet_v1")[0])), 928)
    assert min(map(len, layout.rows)) > 1


@settings(max_examples=25, deadline=None)
@given(architectures())
def test_random_networks_have_no_overlaps(arch: sc.Arch) -> None:
    _check_random(arch)


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(architectures(most_layers=40))
def test_random_long_networks_have_no_overlaps(arch: sc.Arch) -> None:
    _check_random(arch)


def _check_random(arch: sc.Arch) -> None:
    traced = sc.trace(arch)
    for width in (460, 900):
        assert faults(network(traced, (), width)) == []
    for number in range(len(traced.steps)):
        try:
            picture = layer_picture(traced, number, 700)
        except NothingToDraw:
            continue
        assert faults(picture) == []
    lines = screen(traced)
    assert len(lines) == 1 + len(readable(blocks(traced)))


def graph(random: Random) -> sc.Arch:
    """A network whose layers join earlier ones, with names of any length."""
    names, shapes, lines = ["input"], [(3, 64)], []
    for number in range(random.choice((3, 8, 20, 60))):
        name = random.choice(("a", "block", "層", "very_long_name_of_a_layer_that_is_long")) + str(number)
        channels, size = shapes[-1]
        same = [other for other in range(1, len(names)) if shapes[other][1] == size][-12:]
        kind = random.choice(("conv", "conv", "ReLU", "pool", "up", "valid", "cat", "cat"))
        if kind == "conv":
            channels = random.choice((4, 8, 16, 64))
            layer = f"Conv2d(_, {channels}, 3, padding=1)"
        elif kind == "pool" and size >= 8:
            layer, size = "MaxPool2d(2)", size // 2
        elif kind == "up" and size <= 64:
            layer, size = "Upsample(scale_factor=2)", size * 2
        elif kind == "valid":  # the fifth of them in a row cannot run
            layer, channels, size = "Conv2d(_, 4, 5)", 4, size - 4
        elif kind == "cat" and same:
            joined = [random.choice(same) for _ in range(random.randint(1, 4))] + [same[-1]]
            layer, channels = (
                f"Cat({', '.join(names[one] for one in joined)})",
                sum(shapes[one][0] for one in joined),
            )
        else:
            layer = "ReLU"
        names.append(name)
        shapes.append((channels, size))
        lines.append(f"  - {name}: {layer}\n")
    return sc.loads("input: 3x64x64\nlayers:\n" + "".join(lines))


@pytest.mark.parametrize("count", [25, pytest.param(2000, marks=pytest.mark.long)])
def test_random_graphs_have_no_overlaps(count: int) -> None:
    random = Random(count)
    joins = 0
    for _ in range(count):
        traced = sc.trace(graph(random))
        for width in (480, 960):
            picture = network(traced, traced.problems, width)
            assert faults(picture) == []
            assert picture.width <= width
        assert max(map(cells, screen(traced, traced.problems, 120))) <= 120
        joins += sum(len(step.shapes_in) > 1 for step in traced.steps)
    assert joins > count


def test_the_check_finds_an_overlap_a_cut_and_a_crossing() -> None:
    picture = drawn(checked("mel_cae")[1])
    label = picture.labels[4]
    assert faults(picture) == []
    moved = label._replace(x=label.x + 3)
    assert "overlaps" in faults(picture._replace(labels=(*picture.labels, moved)))[0]
    assert "leaves" in faults(picture._replace(labels=(label._replace(x=picture.width),)))[0]
    start, end = picture.lines[-1].points[-2:]
    on_line = Label((start[0] + end[0]) / 2, end[1] + 3, "x")
    assert any("crosses" in fault for fault in faults(picture._replace(labels=(on_line,))))


PYRAMID = """
input: 3x64x64
layers:
- s0: Conv2d(3, 16, 3, stride=2, padding=1)
- s1: Conv2d(16, 32, 3, stride=2, padding=1)
- s2: Conv2d(32, 64, 3, stride=2, padding=1)
- l2: Conv2d(64, 16, 1)
- o2: Conv2d(16, 16, 3, padding=1)
- l1: Conv2d(32, 16, 1, input=s1)
- up1: Upsample(scale_factor=2, input=l2)
- p1: Add(l1, up1)
- o1: Conv2d(16, 16, 3, padding=1)
- l0: Conv2d(16, 16, 1, input=s0)
- up0: Upsample(scale_factor=2, input=p1)
- p0: Add(l0, up0)
- o0: Conv2d(16, 16, 3, padding=1)
"""


def test_skips_in_the_margin_have_lanes_of_their_own() -> None:
    picture = network(sc.trace(sc.loads(PYRAMID)))
    assert faults(picture) == []
    x = max(x for line in picture.lines for x, _ in line.points)
    assert sum(line.points[2][0] >= x - 10 for line in picture.lines if len(line.points) > 4) == 2


def test_a_tensor_that_is_not_the_input_is_a_block_of_its_own() -> None:
    class Towers(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.image, self.words = torch.nn.Conv2d(3, 8, 3), torch.nn.Linear(10, 8)

        def forward(self, x, y):  # type: ignore[no-untyped-def]
            return self.image(x) + self.words(y)[:, :, None, None]

    traced = sc.trace(sc.from_module(Towers(), input=[(3, 16, 16), (10,)]))
    paths = {block.path: block for block in blocks(traced)}
    assert (paths["another tensor"].shape, paths["another tensor"].sources) == ((10,), ())
    assert paths["words"].sources == (2,)
    assert [block.path for block in blocks(traced)].index("another tensor") == 2
    assert faults(network(traced)) == []


def test_letters_are_drawn() -> None:
    arch = sc.load(EXAMPLES / "mel_cae.arch.yaml")
    picture = network(sc.trace(arch, "1xHxW"))
    assert faults(picture) == []
    assert any("letters drawn as" in label.text for label in picture.labels)


def test_partners_stand_on_one_level_and_blocks_are_to_scale() -> None:
    traced, report = checked("mel_cae")
    boxes = sorted((box for box in drawn(report).boxes if box.title), key=lambda box: box.x)
    middles = [box.y + box.height / 2 for box in boxes]
    heights = [box.height for box in boxes]
    assert middles[:3] == pytest.approx(middles[:3:-1])
    assert len(set(middles)) == 4
    shapes = [traced.input, *(step.out for step in traced.steps if step.layer.role == "weights")]
    for shape, height in zip(shapes, heights):  # linear: the ratio of the extremes is 6
        extent = float(shape[1] * shape[2]) ** 0.5
        assert height / heights[0] == pytest.approx(extent / 4740**0.5, abs=1e-3)


@pytest.mark.parametrize("name", ["unet", "unet_padded", "segnet"])
def test_published_hourglasses_fit_the_usual_width(name: str) -> None:
    picture = drawn(judged(EXAMPLES / "zoo" / f"{name}.arch.yaml"))
    assert any(line.role == "level" for line in picture.lines)
    assert "Conv2d" in [label.text for label in picture.labels]


def test_an_hourglass_that_breaks_on_its_way_up_is_one_as_far_as_it_goes() -> None:
    _, report = checked("unet", "3x63x97")
    picture = drawn(report)
    assert faults(picture) == []
    middles = {box.title.partition(":")[0]: box.y + box.height / 2 for box in picture.boxes if box.title}
    assert middles["layers.enc2.0"] == middles["layers.up2"] == middles["layers.6"]
    assert [line.role for line in picture.lines if line.role in ("level", "mismatch")] == ["mismatch"]


def test_partners_of_nearly_one_size_stand_on_one_level() -> None:
    report = sc.check(CASES / "ae-so-lab-asymmetric.arch.yaml")
    assert report.trace is not None
    layout = placed(blocks(report.trace, report.problems), 928)
    levels = {cell.block.path: cell.row for row in layout.rows for cell in row}
    for encoder, decoder in ((4, 11), (8, 7), (12, 3), (16, 0)):
        assert levels[f"encoder.{encoder}"] == levels[f"decoder.{decoder}"]


def test_repeats_are_folded_and_names_grouped() -> None:
    chain = sc.loads(
        "input: 3x64x64\nlayers:\n  - {repeat: 100, layers: ['Conv2d(_, 16, 3, padding=1)', ReLU]}"
    )
    found = blocks(sc.trace(chain))
    assert [block.repeats for block in folded(found)] == [1, 100]
    dense = folded(blocks(checked("zoo/densenet121")[0]))
    assert sorted({block.repeats for block in dense}) == [1, 6, 12, 16, 24]
    joins = [number for number, block in enumerate(dense) if block.kind == "Cat"]
    assert [dense[number].sources for number in joins] == [(number - 3, number - 1) for number in joins]
    assert len(readable(blocks(checked("zoo/googlenet")[0]))) <= 48


@pytest.mark.parametrize("theme", THEMES)
def test_svg_stands_alone(theme: str) -> None:
    text = 'name: "a<b&c"\ninput: 1x9x9\nlayers:\n  - down: Conv2d(1, 2, 3)\n  - MaxPool2d(2)\n'
    report = sc.check(sc.loads(text))
    drawing = svg(drawn(report), theme)
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in drawing and "@import" not in drawing and "url(" not in drawing
    assert ("prefers-color-scheme" in drawing) == (theme in ("auto", "page"))
    roles = {
        role
        for element in root.iter()
        if element.tag.endswith(("rect", "path"))
        for role in (element.get("class") or "").split()
    }
    assert roles <= {*BOXES, *LINES, "box", "head", "paper", "wrong"}


def test_png_has_the_size_and_the_glyphs() -> None:
    picture = drawn(checked("mel_cae")[1])
    light, dark = png(picture), png(picture, "dark")
    assert light[:8] == dark[:8] == b"\x89PNG\r\n\x1a\n"
    assert light != dark
    width = int.from_bytes(light[16:20], "big")
    assert width == pytest.approx(2 * picture.width, abs=2)
    one = Picture(40, 40, "", "", (), (), (Label(20, 20, "\ue123"),))
    missing, blank = png(one), png(one._replace(labels=()))
    for sign in SIGNS:
        made = png(one._replace(labels=(Label(20, 20, sign),)))
        assert made not in (missing, blank), f"no glyph for {sign}"


def test_signs_that_no_font_has_are_said() -> None:
    labels = tuple(Label(20, 20, text) for text in (SIGNS, "e\u0301", "a", "\ue124x"))
    assert without_glyph(Picture(40, 40, "", "", (), (), labels)) == "\ue124"


def test_png_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(NoRenderer, match=r"pip install 'torch-shapecalc\[png\]'"):
        png(drawn(checked("mel_cae")[1]))


def test_mermaid_has_every_block_and_source() -> None:
    traced, report = checked("unet")
    text = mermaid(traced, report.problems)
    found = blocks(traced)
    assert sum('["' in line for line in text.splitlines()) == len(found)
    assert text.count("->") == sum(len(block.sources) for block in found)
    assert text.count("-.->") == 2
    traced, report = checked("mel_first_try", "1x10x474")
    assert "  n3 -.- n4\n" in mermaid(traced, report.problems)
    quoted = mermaid(sc.trace(sc.loads("input: 4\nname: 'a\"]; click'\nlayers: ['Linear(4, 2)']")))
    assert '"];' not in quoted


@pytest.mark.parametrize("charset", ["utf-8", "ascii"])
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_screen_fits(path: Path, charset: str) -> None:
    report = judged(path)
    assert report.trace is not None
    lines = screen(report.trace, report.problems, 110, charset)
    assert max(map(cells, lines)) <= 110
    assert "\n".join(lines).encode(charset)
    for number, step in enumerate(report.trace.steps[:8]):
        try:
            lines = layer_screen(report.trace, number, 80, charset)
        except NothingToDraw:
            continue
        assert max(map(cells, lines)) <= 80, step.path
        assert "\n".join(lines).encode(charset)


LONG = """
name: a network with a name that is as long as a line of text, and somewhat longer than that
input: 3xHxW
layers:
- a_very_long_name_of_a_block_that_is_long_and_longer_still_without_an_end: Conv2d(3, 8, 3, stride=2)
- 層の名前がとても長いのでどうなるかを見る: Conv2d(8, 8, 3, stride=3, padding=1)
- up: ConvTranspose2d(8, 8, 3, stride=3)
- Crop(a_very_long_name_of_a_block_that_is_long_and_longer_still_without_an_end, up)
- Cat(layers.3, up)
"""


@pytest.mark.parametrize("charset", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [60, 80])
def test_long_names_and_formulas_fold(width: int, charset: str) -> None:
    traced = sc.trace(sc.loads(LONG))
    assert traced.ok
    lines = screen(traced, (), width, charset)
    assert max(map(cells, lines)) <= width
    assert "\n".join(lines).encode(charset)
    run_on = next(number for number, line in enumerate(lines) if "a_very_long" in line) + 1
    assert lines[run_on].startswith("| " if charset == "ascii" else "│ ")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_draw_writes_whole_files_and_keeps_what_is_there(tmp_path: Path) -> None:
    spec = str(EXAMPLES / "mel_cae.arch.yaml")
    for suffix, start in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".mmd", b"flowchart")):
        file = tmp_path / f"out{suffix}"
        assert run("draw", spec, "-o", str(file)) == (0, f"shapecalc: {file}: written\n")
        assert file.read_bytes().startswith(start)
        file.write_text("mine")
        status, said = run("draw", spec, "-o", str(file))
        assert (status, file.read_text()) == (2, "mine")
        assert "--force" in said
        assert run("draw", spec, "-o", str(file), "--force")[0] == 0
        assert file.read_bytes().startswith(start)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mmd", "out.png", "out.svg"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.gif"], "must end in .svg, .png or .mmd"),
        (["--layer", "encoder.9"], "no layer has the path"),
        (["--layer", "encoder.1"], "there is nothing to draw; `shapecalc explain` says what it does"),
        (["--layer", "encoder.0", "-o", "out.mmd"], "Mermaid draws networks"),
        (["-o", "out.png", "--theme", "page"], "--theme light or dark"),
    ],
)
def test_draw_refuses(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, output = run("draw", str(EXAMPLES / "mel_cae.arch.yaml"), *arguments)
    assert status == 2
    assert said in output
    assert list(tmp_path.iterdir()) == []


def test_draw_prints_on_the_terminal() -> None:
    status, text = run("draw", str(EXAMPLES / "mel_first_try.arch.yaml"), "--input", "1x10x474")
    assert status == 0
    assert "SHP105 encoder.2: height 2 is smaller than kernel 5" in text
    status, text = run("draw", str(EXAMPLES / "mel_cae.arch.yaml"), "-o", "-")
    assert (status, ET.fromstring(text).get("role")) == (0, "img")
