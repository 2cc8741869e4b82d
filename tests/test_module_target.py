"""`model.py:Class` on the command line: what is said, and the exit status."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from typer.testing import CliRunner, Result

from shapecalc.cli import app
from shapecalc.read.target import is_target

MODEL = """
import torch
from torch import nn


class CAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, latent, 3, 2, 1))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(latent, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Needs(nn.Module):
    def __init__(self, latent):
        super().__init__()


class Two(nn.Module):
    def forward(self, image, mask):
        return image * mask


class Groups(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Identity(), nn.Conv2d(3, 7, 3, groups=2))


class Boom(nn.Module):
    def __init__(self):
        super().__init__()
        raise ValueError("no way")


def factory():
    return CAE(latent=4)


number = 7
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "model", raising=False)  # another test's file of that name
    Path("model.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100", "TERM": "xterm"}).invoke(app, arguments)


def test_a_class_is_checked_with_the_place_of_its_constructor() -> None:
    done = run("check", "model.py:CAE", "--input", "1x28x28")
    assert done.exit_code == 1
    assert done.stdout.startswith("model.py:11:13: error[SHP201] decoder.0: decoder returns 1x25x25")
    assert "importing `model.py`, which runs the code in it" in done.stderr


def test_a_size_that_comes_back_is_no_error() -> None:
    done = run("check", "model.py:CAE", "--input", "1x29x29", "--ignore", "SHP3")
    assert (done.stdout, done.exit_code) == ("", 0)


def test_a_factory_a_call_and_a_dotted_module() -> None:
    assert "4x7x7" in run("check", "model.py:factory", "-i", "1x28x28", "--format", "full").stdout
    assert (
        "3x7x7"
        in run("check", "model.py:CAE", "-i", "1x28x28", "--call", "CAE(latent=3)", "--format", "full").stdout
    )
    assert "8x7x7" in run("check", "model:CAE", "-i", "1x28x28", "--format", "full").stdout


def test_every_command_takes_it() -> None:
    assert "H ≡ 1 (mod 4)" in run("sizes", "model.py:CAE", "-i", "1xHxW").stdout
    explained = run("explain", "model.py:CAE", "decoder.2", "-i", "1x28x28")
    assert "height (13-1)*2 - 2*1 + 1*(3-1) + 0 + 1 = 25" in explained.stdout
    assert "class CAE" in run("emit", "model.py:CAE", "-i", "1x29x29").stdout
    mirrored = run("mirror", "model.py:CAE", "-i", "1x28x28", "--call", "CAE().encoder", "--top", "1")
    assert "returns 1x28x28" in mirrored.stdout


def test_two_inputs() -> None:
    one = run("check", "model.py:Two", "-i", "3x4x4")
    assert one.exit_code == 1
    assert "forward takes `image`, `mask`, and one input is given" in one.stdout
    for inputs in ("3x4x4; 1x4x4", "4;4"):
        both = run("check", "model.py:Two", "-i", inputs)
        assert (both.stdout, both.exit_code) == ("", 0)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "model.py:Groups",
            "model.py:32:9: error[SHP104] construct:body.1: Conv2d: in_channels 3 is not divisible by groups 2",
        ),
        (
            "model.py:Boom",
            "model.py:38:9: error[SHP119] construct: the constructor raises ValueError: no way",
        ),
        ("syntax.py:X", "syntax.py:1:7: error[SHP001] Python cannot read the file: invalid syntax"),
        ("missing.py:X", "missing.py:2:1: error[SHP015] importing `missing.py` fails: ModuleNotFoundError"),
        ("ends.py:X", "SystemExit"),
    ],
)
def test_what_cannot_be_built_is_a_finding_at_its_line(target: str, said: str) -> None:
    Path("syntax.py").write_text("def f(:\n    pass\n")
    Path("missing.py").write_text("import os\nimport there_is_no_such_module\n")
    Path("ends.py").write_text("raise SystemExit(3)\n")
    done = run("check", target, "-i", "3x8x8")
    assert done.exit_code == 1
    assert said in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("model.py:Cae", "-i", "1x8x8"), "did you mean `CAE`?"),
        (
            ("model.py:Needs", "-i", "1x8x8"),
            "missing 1 required positional argument: 'latent'; give the arguments: --call",
        ),
        (("model.py:CAE",), "give `--input 1x28x28`"),
        (("none.py:CAE", "-i", "1x8x8"), "there is no file `none.py`"),
        (("model.py:number", "-i", "1x8x8"), "neither a class nor a factory"),
        (("model.py:CAE", "-i", "1xx8"), "--input"),
    ],
)
def test_wrong_usage_is_said_on_stderr(arguments: tuple[str, ...], said: str) -> None:
    done = run("check", *arguments)
    assert (done.stdout, done.exit_code) == ("", 2)
    assert said in done.stderr


def test_what_is_a_target() -> None:
    assert is_target("a/b/model.py:Net")
    assert is_target("package.nets:make")
    assert not is_target("a.arch.yaml")
    assert not is_target("C:\\model.py")


CONSTRUCTORS = {
    "self.conv = nn.Conv2d(3, 4, 1, groups=2)": "conv",
    "self.body = nn.Sequential(nn.ReLU(), nn.Conv2d(3, 4, 1, groups=2))": "body.1",
    "self.convs = nn.ModuleList([nn.Conv2d(c, 6, 1, groups=3) for c in (3, 4)])": "convs.1",
    "self.convs = nn.Sequential(*(nn.Conv2d(c, 6, 1, groups=3) for c in (3, 4)))": "convs.1",
    "self.d = nn.ModuleDict({'one': nn.ReLU(), 'two': nn.GroupNorm(3, 8)})": "d.two",
    "for i in range(2): self.add_module(f'conv{i}', nn.Conv2d(3 + i, 6, 1, groups=3))": "conv1",
    "body = []; body += [nn.ReLU()]; body += [nn.GroupNorm(3, 8)]\n        self.body = nn.Sequential(*body)": "body.1",
    "layers = []; layers.append(nn.ReLU()); layers.append(nn.GroupNorm(3, 8))\n        self.f = nn.Sequential(*layers)": "f.1",
}


@pytest.mark.parametrize(("line", "path"), CONSTRUCTORS.items())
def test_a_refused_constructor_has_the_path_that_the_layer_was_to_get(line: str, path: str) -> None:
    text = "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    Path("net.py").write_text(f"{text}        {line}\n")
    assert f"error[SHP104] construct:{path}: " in run("check", "net.py:Net", "-i", "3x8x8").stdout


def test_what_the_model_prints_is_not_of_the_report(tmp_path: Path) -> None:
    talks = (
        MODEL
        + "\nprint('imported')\n"
        + "\n\nclass Talks(CAE):\n    def forward(self, x):\n        print(x.shape)\n        return super().forward(x)\n"
    )
    file = tmp_path / "talks.py"
    file.write_text(talks)
    result = CliRunner().invoke(app, ["check", f"{file}:Talks", "--input", "1x9x9", "--format", "json"])
    assert json.loads(result.stdout)["output"] == [1, 9, 9]
    assert "imported" in result.stderr
    assert "torch.Size" in result.stderr
