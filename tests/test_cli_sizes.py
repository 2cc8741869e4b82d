"""`shapecalc sizes`: the screens, JSON, and what is asked wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shapecalc.cli import app

MEL = "examples/mel_cae.arch.yaml"


def sizes(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["sizes", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_what_holds_and_why() -> None:
    assert sizes(MEL) == (
        0,
        "MelCAE for 1xHxW\n"
        "  runs   for every size\n"
        "  holds  for H ≡ 2 (mod 8) and W ≡ 2 (mod 8)\n"
        "    the contract  needs H ≡ 2 (mod 8)\n"
        "    the contract  needs W ≡ 2 (mod 8)\n",
        "",
    )


@pytest.mark.parametrize("near", ["10x473", "1x10x473"])
def test_near_a_size_that_does_not_hold(near: str) -> None:
    status, out, _ = sizes(MEL, "--near", near)
    assert status == 1
    assert out.endswith(
        "  near 10x473: it runs, but does not hold\n"
        "    H = 10 fits\n"
        "    W = 473 does not fit: 466 (crop 7) or 474 (pad 1)\n"
        "    nearest: 10x474 (pad W by 1)\n"
    )


def test_near_a_size_that_holds() -> None:
    status, out, _ = sizes(MEL, "--near", "10x474")
    assert status == 0
    assert out.endswith("  near 10x474: it holds\n")


def test_a_width_that_never_holds() -> None:
    status, out, _ = sizes("examples/mnist_conv_only.arch.yaml", "--near", "28x28")
    assert status == 1
    assert "holds  for no size, because `decoder.0`: decoder returns" in out
    assert out.endswith(
        "near 28x28: it runs, but does not hold\n    H = 28 does not fit, nor does any size\n"
        "    W = 28 does not fit, nor does any size\n    no size holds\n"
    )


def test_where_axes_meet() -> None:
    _, out, _ = sizes("examples/vgg_classifier.arch.yaml")
    assert "224 ≤ H ≤ 255 and 224 ≤ W ≤ 255" in out
    assert "layers.classifier.0  needs 512·⌊H/32⌋·⌊W/32⌋ = 25088" in out


def test_upto_and_letters() -> None:
    _, out, _ = sizes(MEL, "--input", "1x10xW", "--upto", "20")
    assert "W up to 20: 2, 10, 18" in out
    assert "H" not in out.splitlines()[1]


def test_json() -> None:
    status, out, _ = sizes(MEL, "--format", "json", "--near", "10x473", "--upto", "20")
    assert status == 1
    found = json.loads(out)
    assert found["input"] == [1, "H", "W"]
    assert found["holds"]["axes"]["W"] == {"text": "W ≡ 2 (mod 8)", "finite": False, "first": [2, 10, 18]}
    assert found["near"] == {
        "sizes": {"H": 10, "W": 473},
        "runs": True,
        "holds": False,
        "nearest": {"H": 10, "W": 474},
    }
    assert found["conditions"][0] == {"path": None, "condition": "H % 8 == 2"}


def test_what_is_not_symbolic_is_said(tmp_path: Path) -> None:
    spec = tmp_path / "a.arch.yaml"
    spec.write_text("input: 1x30x30\nlayers: ['Upsample(scale_factor=0.29)']\n")
    status, out, _ = sizes(str(spec), "--near", "30x2")
    assert status == 1
    assert "no set: the size formula" in out or "no set: " in out
    assert "near 30x2: it does not run" in out
    _, out, _ = sizes(str(spec), "--format", "json")
    assert json.loads(out)["runs"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((MEL, "--near", "10"), "--near takes 2 sizes, for H, W, not `10`"),
        ((MEL, "--near", "10xW"), "--near takes 2 sizes"),
        ((MEL, "--near", "10x"), "--near: a size is missing"),
        ((MEL, "--input", "1x"), "--input: a size is missing"),
        (("missing.arch.yaml",), "cannot be read"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str) -> None:
    status, out, error = sizes(*arguments)
    assert (status, out) == (2, "")
    assert message in error


def test_a_broken_spec_is_a_finding(tmp_path: Path) -> None:
    spec = tmp_path / "a.arch.yaml"
    spec.write_text("layers: [Relo]\n")
    status, out, _ = sizes(str(spec))
    assert status == 1
    assert "SHP005" in out
