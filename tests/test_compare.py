from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from random import Random

import pytest
from torch import nn
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc.alignment import Row, _in_common, _traits, aligned, parts
from shapecalc.cli import app
from shapecalc.comparison import Comparison, compared, lines
from shapecalc.show.text import cells

EXAMPLES = Path(__file__).parent.parent / "examples"
CAE = """
name: {name}
input: 1x28x28
encoder:
  - {down}Conv2d(1, 16, 3, stride=2, padding=1)
{inserted}  - ReLU()
  - {code}Conv2d(16, 32, 3, stride=2, padding=1)
decoder:
  - ConvTranspose2d(32, 16, {kernel}, stride=2, padding={padding})
  - ReLU()
  - ConvTranspose2d(16, 1, 2, stride=2)
"""
PLAIN = {"name": "A", "down": "", "code": "", "inserted": "", "kernel": 2, "padding": 0}


def spec(**changes: object) -> sc.Arch:
    return sc.loads(CAE.format(**{**PLAIN, **changes}))


def pairs(found: Comparison) -> list[tuple[str | None, str | None]]:
    return [(row.a and row.a.path, row.b and row.b.path) for row in found.rows]


def run(*arguments: str, text: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["compare", *arguments], input=text)
    return result.exit_code, result.output


def test_what_differs() -> None:
    spec = str(EXAMPLES / "mel_cae.arch.yaml")
    assert run(spec, spec)[0] == 0
    status, text = run(spec, "--input", "1x10x474", "--input", "1x10x473")
    assert status == 1
    assert "SHP201" in text
    status, text = run(spec, str(EXAMPLES / "mel_encoder.arch.yaml"), "--format", "json")
    found = json.loads(text)
    assert (status, found["same_shapes"], found["a"]["params"], found["b"]["output"]) == (
        1,
        False,
        14217,
        [8, 2, 60],
    )
    assert [step["b"] for step in found["steps"]].count(None) == 6


def test_shapes_and_weights_apart() -> None:
    three = "input: 1x16x16\nlayers: ['Conv2d(1, 4, 3, padding=1)', ReLU]"
    five = three.replace("3, padding=1", "5, padding=2")
    normed = three.replace("ReLU", "BatchNorm2d(4), ReLU")
    found = sc.compare(sc.loads(three), sc.loads(five))
    assert found.same_shapes
    assert [row.same for row in found.rows] == [False, True]
    assert "field of the output  3x3" in str(found)
    other = sc.compare(sc.loads(three), sc.loads(normed))
    assert other.same_shapes
    assert [row.a is None for row in other.rows] == [False, True, False]
    assert not sc.compare(sc.loads(three), input="1x16x16", other_input="1x17x16").same_shapes


def test_a_layer_put_in_stands_alone() -> None:
    """Also where kinds alone would say otherwise: it is the same layer that is left where it was."""
    found = sc.compare(spec(), spec(inserted="  - BatchNorm2d(16)\n  - ReLU()\n  - Conv2d(16, 16, 1)\n"))
    assert pairs(found)[:6] == [
        ("encoder.0", "encoder.0"),
        (None, "encoder.1"),
        (None, "encoder.2"),
        (None, "encoder.3"),
        ("encoder.1", "encoder.4"),
        ("encoder.2", "encoder.5"),
    ]
    assert [row.alike for row in found.rows] == [True, False, False, False, *[True] * 5]
    assert "6 layers alike, 2 under another path" in str(found)


def test_a_renamed_layer_is_the_same_and_so_are_its_findings() -> None:
    found = sc.compare(spec(), spec(down="down: ", code="code: "))
    assert found.same_shapes
    assert all(row.alike for row in found.rows)
    assert [len(problems) for problems in found.findings] == [0, 0, 1]
    assert "encoder.2 / encoder.code: the code is not smaller" in str(found)
    assert "all 6 layers alike, 2 under another path" in str(found)


def test_a_name_outweighs_the_place() -> None:
    a = sc.loads("input: 3x8x8\nlayers: [ReLU(), {up: Upsample(scale_factor=2)}, ReLU()]")
    b = sc.loads("input: 3x8x8\nlayers: [{up: 'ConvTranspose2d(3, 3, 2, stride=2)'}, ReLU(), ReLU()]")
    assert ("layers.up", "layers.up") in pairs(sc.compare(a, b))


def test_arguments_that_neither_window_nor_shape_show() -> None:
    a = sc.loads("input: 3x8x8\nlayers: ['Conv2d(3, 4, 3)', Dropout(0.1)]")
    b = sc.loads("input: 3x8x8\nlayers: ['Conv2d(3, 4, 3, bias=False)', Dropout(0.5)]")
    text = str(sc.compare(a, b))
    assert "bias=True" in text
    assert "bias=False" in text
    assert re.search(r"Dropout p=0.1 4x6x6 +\* Dropout p=0.5 4x6x6", text)


def test_what_fails_and_what_is_behind_it_have_their_rows() -> None:
    failing = EXAMPLES / "mel_first_try.arch.yaml"
    found = sc.compare(failing, EXAMPLES / "mel_cae.arch.yaml")
    assert not found.same_shapes
    assert ("encoder.2", "encoder.4") in pairs(found)
    text = str(found)
    assert "Conv2d k5 ✗" in text
    assert text.count("unreached") == 3
    assert "counted of mel_first_try: the layers before encoder.2" in text
    assert sc.compare(failing, failing).same_shapes
    steps = json.loads(found.to_json())["steps"]
    assert [step["a"]["out"] for step in steps if step["a"]][2:] == [None] * 4


def test_constructors_that_refuse_are_told_apart() -> None:
    texts = [f"input: 3x8x8\nlayers: ['Conv2d(3, {channels}, 3, groups=3)']" for channels in (4, 4, 5)]
    first, again, other = map(sc.loads, texts)
    assert all(row.same for row in sc.compare(first, again).rows)
    assert not any(row.same for row in sc.compare(first, other).rows)
    assert "Conv2d" in str(sc.compare(first, other))


def test_a_module_against_its_spec() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(
                nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1)
            )
            self.decoder = nn.Sequential(
                nn.ConvTranspose2d(32, 16, 2, stride=2), nn.ReLU(), nn.ConvTranspose2d(16, 1, 2, stride=2)
            )

        def forward(self, x):  # type: ignore[no-untyped-def]
            return self.decoder(self.encoder(x))

    found = sc.compare(Net(), spec(), (1, 28, 28))
    assert found.same_shapes
    assert all(row.same for row in found.rows)
    assert str(found).splitlines()[0].split() == ["Net", "A"]


@pytest.mark.parametrize(
    ("a", "b", "inputs"),
    [
        ("mel_cae", "mel_cae", ("1xHxW", "1x10xW")),
        ("mel_cae", "unet", ("1xHxW", "3xHxW")),
        ("mel_first_try", "mel_encoder", ("1x10x474", "1x10x474")),
        ("zoo/resnet18", "zoo/vgg16", (None, None)),
        ("mel_cae", "mnist_conv_only", ("1x28", "1x28")),
        ("zoo/wavenet", "mel_cae", (None, None)),
    ],
)
@pytest.mark.parametrize("charset", ["ascii", "utf-8"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit_the_screen(
    a: str, b: str, inputs: tuple[str | None, str | None], width: int, charset: str
) -> None:
    reports = [sc.check(EXAMPLES / f"{name}.arch.yaml", input) for name, input in zip((a, b), inputs)]
    found = compared(*reports)
    shown = lines(found, width, charset)
    assert max(map(cells, shown)) <= width
    assert "\n".join(shown).encode(charset)


KINDS = (
    "Conv2d({c}, {c}, 3, padding=1)",
    "ReLU()",
    "BatchNorm2d({c})",
    "GELU()",
    "MaxPool2d(2, ceil_mode=True)",
)


def chain(random: Random, count: int) -> sc.Arch:
    layers = [random.choice(KINDS).format(c=4) for _ in range(count)]
    names = [random.choice(("", "", f"n{number}: ")) for number in range(count)]
    return sc.loads("input: 4x33x33\nlayers:\n" + "".join(f"  - {n}{one}\n" for n, one in zip(names, layers)))


@pytest.mark.parametrize("seed", range(3))
def test_unrelated_networks_of_a_hundred_layers(seed: int) -> None:
    random = Random(seed)
    a, b = (sc.check(chain(random, 100)) for _ in range(2))
    found = compared(a, b)
    assert a.trace is not None
    assert b.trace is not None
    assert tuple(row.a for row in found.rows if row.a) == parts(a.trace)
    assert tuple(row.b for row in found.rows if row.b) == parts(b.trace)
    assert all(row.a or row.b for row in found.rows)
    assert max(map(cells, str(found).splitlines())) <= 80


def common(rows: list[Row]) -> int:
    both = [(row.a, row.b) for row in rows]
    return sum(_in_common(_traits(a), _traits(b)) for a, b in both if a is not None and b is not None)


def test_no_other_pairs_have_more_in_common() -> None:
    """Against every choice of pairs that keeps the order."""
    random = Random(7)
    for _ in range(40):
        a, b = (parts(sc.trace(chain(random, random.randint(1, 5)))) for _ in range(2))
        best = 0
        for count in range(min(len(a), len(b)) + 1):
            for ours in itertools.combinations(a, count):
                for theirs in itertools.combinations(b, count):
                    best = max(best, common([Row(*both) for both in zip(ours, theirs)]))
        assert common(aligned(a, b)) == best


def test_a_class_is_called_by_its_name(tmp_path: Path) -> None:
    model, other = tmp_path / "model.py", tmp_path / "other.arch.yaml"
    model.write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n"
        "        super().__init__(nn.Conv2d(1, 2, 3))\n"
    )
    other.write_text("layers: ['Conv2d(1, 2, 3)']")
    status, shown = run(f"{model}:Net", str(other), "--input", "1x8x8")
    assert status == 0
    assert ["Net", "other"] in [line.split() for line in shown.splitlines()]


def test_from_stdin(tmp_path: Path) -> None:
    text = CAE.format(**PLAIN)
    status, said = run("-", "-i", "1x28x28", "-i", "1x32x32", text=text)
    assert (status, said.splitlines()[0].split()) == (1, ["1x28x28", "1x32x32"])
    file = tmp_path / "other.arch.yaml"
    file.write_text(text)
    assert run("-", str(file), text=text)[0] == run("-", "-", text=text)[0] == 0


def test_the_configuration_says_which_rules_are_on(tmp_path: Path) -> None:
    file = tmp_path / "net.arch.yaml"
    file.write_text(CAE.format(**PLAIN))
    assert "SHP322" in run(str(file), str(file))[1]
    (tmp_path / "shapecalc.toml").write_text('ignore = ["SHP322"]\n')
    assert "SHP322" not in run(str(file), str(file))[1]
    (tmp_path / "shapecalc.toml").write_text("ignore = 5\n")
    assert run(str(file), str(file))[0] == 2


def test_wrong_usage(tmp_path: Path) -> None:
    spec = str(EXAMPLES / "mel_cae.arch.yaml")
    broken = tmp_path / "broken.arch.yaml"
    broken.write_text("layers: ['Conv2d(1, 2']\n")
    for arguments in (
        [spec],
        [spec, "-i", "1x10x474"],
        [spec, spec, "-i", "1", "-i", "2", "-i", "3"],
        [spec, "missing.arch.yaml"],
        [spec, str(broken)],
        [spec, spec, "-i", "1xx2"],
    ):
        assert run(*arguments)[0] == 2
    with pytest.raises(sc.SpecError):
        sc.compare(sc.loads("layers: [ReLU]"))
    with pytest.raises(sc.SpecError, match="expected `\\)`"):
        sc.compare(broken)
