"""The command line: what goes to stdout, what to stderr, and the exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from terminal import EXAMPLES
from typer.testing import CliRunner, Result

from shapecalc.arch import PROFILES
from shapecalc.cli import app
from shapecalc.cost import BYTES
from shapecalc.draw.svg import THEMES
from shapecalc.mirroring.proposal import STYLES
from shapecalc.version import __version__

CLEAN = str(EXAMPLES / "mel_cae.arch.yaml")
WRONG = str(EXAMPLES / "mel_first_try.arch.yaml")


def run(*arguments: str, input: str | bytes | None = None) -> Result:
    """The command with its streams caught; the widths of help and tables are a terminal's of 80 columns."""
    return CliRunner(env={"COLUMNS": "80", "TERM": "xterm"}).invoke(app, arguments, input=input)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which the command runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spec(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_clean_file_says_nothing_in_a_pipe() -> None:
    result = run("check", str(EXAMPLES / "unet.arch.yaml"))
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 0)


def test_notes_do_not_fail_a_check() -> None:
    result = run("check", CLEAN)
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["note[SHP304]"] * 3
    assert (result.stderr, result.exit_code) == ("", 0)


def test_one_line_a_problem_in_a_pipe() -> None:
    result = run("check", WRONG, "--input", "1x10x474")
    (line,) = result.stdout.splitlines()
    assert line.startswith(
        f"{WRONG}:8:21: error[SHP105] encoder.2: height 2 is smaller than kernel 5 (help: "
    )
    assert (result.stderr, result.exit_code) == ("", 1)


def test_full_names_three_rows() -> None:
    result = run("check", WRONG, "--format", "full")
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == [
        "encoder.0",
        "encoder.1",
        "encoder.2",
    ]
    assert "✗" in result.stdout
    assert result.exit_code == 1


def test_findings_in_the_text_are_findings(folder: Path) -> None:
    for text in ("", "layers: [", "layers: [Conv2e]", "a\0b", "layers: [ReLU]\nlayers: [ReLU]\n"):
        result = run("check", spec(folder / "a.arch.yaml", text), "-i", "1x4")
        assert result.stdout.count("\n") == 1, text
        assert result.stdout.startswith(f"{folder}/a.arch.yaml:"), text
        assert (result.stderr, result.exit_code) == ("", 1), text


def test_exit_zero(folder: Path) -> None:
    assert run("check", WRONG, "--exit-zero").exit_code == 0
    assert run("check", WRONG, "--exit-zero").stdout
    assert run("check", "none.yaml", "--exit-zero").exit_code == 2


def test_input_and_vars_are_overridden() -> None:
    assert run("check", WRONG, "--input", "1x28x28").exit_code == 0
    assert run("check", WRONG, "--input", "Nx1x28x28").exit_code == 0
    steps = json.loads(run("check", CLEAN, "--set", "width=4", "--format", "json").stdout)["steps"]
    assert steps[0]["out"] == [4, 5, 237]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--input", "1x10x"), "--input: a size is missing in the shape `1x10x`"),
        (("--input", ""), "--input: "),
        (("--input", "1x0x4"), "--input: size 0"),
        (("--set", "width"), "--set takes NAME=NUMBER, not `width`"),
        (("--set", "width=four"), "--set takes NAME=NUMBER, not `width=four`"),
        (("--set", "widht=4"), "did you mean `width`?"),
        (("--format", "yaml"), "yaml"),
        (("--inptu", "1x2"), "--inptu"),
    ],
)
@pytest.mark.parametrize("format", ["full", "concise", "json"])
def test_wrong_usage(arguments: tuple[str, ...], said: str, format: str) -> None:
    result = run("check", CLEAN, "--format", format, *arguments)
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.exit_code == 2
    if result.stdout:  # the file could be named, so there is a document about it
        assert json.loads(result.stdout)["problems"][0]["message"] in result.stderr


def test_no_input_is_wrong_usage_and_the_others_are_reported(folder: Path) -> None:
    path = spec(folder / "a.arch.yaml", "layers: [ReLU]")
    result = run("check", path, WRONG)
    assert result.stdout.startswith(f"{WRONG}:8:21: ")
    assert result.stderr.startswith(f"shapecalc: {path}: no input size is known")
    assert result.exit_code == 2


def test_unreadable_files_do_not_hide_the_others(folder: Path) -> None:
    (folder / "empty").mkdir()
    result = run("check", "none.yaml", WRONG, "empty")
    assert result.stdout.count("\n") == 1
    assert result.stderr.splitlines() == [
        "shapecalc: none.yaml: cannot be read: No such file or directory",
        "shapecalc: empty: no *.arch.yaml in the folder",
    ]
    assert result.exit_code == 2


def test_folders(folder: Path) -> None:
    for name in ("b/z.arch.yaml", "b/a/y.arch.yaml", "b/.venv/no.arch.yaml", "b/plain.yaml"):
        spec(folder / name, "layers: [Conv2e]")
    paths = [line.partition(":")[0] for line in run("check", "b", "b/z.arch.yaml").stdout.splitlines()]
    assert paths == ["b/a/y.arch.yaml", "b/z.arch.yaml"]
    assert run("check", str(EXAMPLES)).exit_code == 1


def test_stdin() -> None:
    text = Path(WRONG).read_bytes()
    assert run("check", "-", input=text).stdout.startswith("<stdin>:8:21: error[SHP105] encoder.2: ")
    assert run("check", "-", "--input", "1x28x28", input=text).exit_code == 0
    assert run("check", "-", input=b"\xff\xff").stdout.startswith("<stdin>:1:1: error[SHP002]")
    assert run("explain", "-", "encoder.0", input=text).exit_code == 0


def test_json_of_one_file_is_an_object_and_of_several_an_array(folder: Path) -> None:
    alone = json.loads(run("check", WRONG, "--format", "json").stdout)
    assert alone["path"] == WRONG
    assert json.loads(run("check", WRONG, CLEAN, "--format", "json").stdout)[0] == alone
    spec(folder / "b/a.arch.yaml", "{input: 1x4, layers: [ReLU]}")
    (only,) = json.loads(run("check", "b", "--format", "json").stdout)
    assert only["ok"]


def test_json_is_one_document_whatever_is_wrong(folder: Path) -> None:
    broken = spec(folder / "broken.yaml", "layers: [")
    blank = spec(folder / "blank.yaml", "layers: [ReLU]")
    result = run("check", broken, "none.yaml", blank, WRONG, "--format", "json")
    found = [(made["path"], made["ok"], made["problems"][0]["code"]) for made in json.loads(result.stdout)]
    assert found == [
        (broken, False, "SHP001"),
        ("none.yaml", False, "SHP902"),
        (blank, False, "SHP014"),
        (WRONG, False, "SHP105"),
    ]
    assert result.exit_code == 2
    alone = run("check", "none.yaml", "--format", "json")
    assert json.loads(alone.stdout)["problems"][0]["message"].startswith("cannot be read")
    assert alone.exit_code == 2


def test_explain() -> None:
    result = run("explain", CLEAN, "encoder.2")
    assert result.stdout.splitlines() == [
        "encoder.2: Conv2d(16, 32, 3, stride=2, padding=1)",
        "  in   16x5x237",
        "  out  32x3x119",
        "  height (5 + 2*1 - 1*(3-1) - 1)//2 + 1 = 3",
        "  width (237 + 2*1 - 1*(3-1) - 1)//2 + 1 = 119",
        "  height: 2 of 9 taps beyond the border; inside, each is read 1 or 2 times",
        "  width: 2 of 357 taps beyond the border; inside, each is read 1 or 2 times",
        "  parameters 4,640, multiply-accumulates 1,645,056 per sample",
    ]
    assert result.exit_code == 0


def test_explain_layers_that_do_not_run() -> None:
    failing = run("explain", WRONG, "encoder.2")
    assert failing.stdout.splitlines()[:3] == [
        "encoder.2: Conv2d(64, 128, 5)",
        "  in   64x2x466",
        "  error[SHP105] height 2 is smaller than kernel 5",
    ]
    assert "(2 + 2*0 - 1*(5-1) - 1)//1 + 1 = -2" in failing.stdout
    after = run("explain", WRONG, "decoder.0")
    assert after.stdout.endswith("  is not reached: `encoder.2` cannot run\n")
    assert failing.exit_code == after.exit_code == 1


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("encoder.22", "no layer has the path `encoder.22`; did you mean `encoder.2`?"),
        ("2", "`2` could be `encoder.2` or `decoder.2`"),
        ("nothing", "no layer has the path `nothing`; the layers are `encoder.0`, `encoder.1`, "),
    ],
)
def test_explain_unknown_layer(layer: str, said: str) -> None:
    result = run("explain", CLEAN, layer)
    assert result.stderr.startswith(f"shapecalc: {said}")
    assert (result.stdout, result.exit_code) == ("", 2)


def test_explain_by_the_end_of_a_path() -> None:
    unet = str(EXAMPLES / "unet.arch.yaml")
    assert run("explain", unet, "up2").stdout.startswith("layers.up2: ConvTranspose2d(64, 32, 2, stride=2)\n")
    assert "did you mean `layers.up2`?" in run("explain", unet, "up3").stderr
    assert run("explain", CLEAN, "5").stdout.startswith("decoder.5: Sigmoid()\n")


def test_explain_of_what_cannot_be_read(folder: Path) -> None:
    broken = run("explain", spec(folder / "a.yaml", "layers: [Conv2e]"), "0")
    assert "1 | layers: [Conv2e]\n  |          ^^^^^^\n" in broken.stdout
    assert broken.exit_code == 1
    assert run("explain", "none.yaml", "0").exit_code == 2
    assert run("explain", CLEAN, "encoder.0", "--input", "1x").exit_code == 2


@pytest.mark.parametrize(
    ("command", "words"), [("check", PROFILES), ("cost", BYTES), ("draw", THEMES), ("mirror", STYLES)]
)
def test_help_names_every_word_that_an_option_takes(command: str, words: Iterable[str]) -> None:
    """A command's help may not import what lists them: it would cost more than the command."""
    said = set(re.findall(r"[\w-]+", run(command, "--help").stdout))
    assert set(words) <= said


def test_schema_version_and_help() -> None:
    assert json.loads(run("schema").stdout)["title"] == "shapecalc architecture"
    assert run("--version").stdout == f"shapecalc {__version__}\n"
    for arguments in (("--help",), ("-h",), ("check", "--help"), ("explain", "-h"), ("schema", "-h")):
        result = run(*arguments)
        assert result.stdout.startswith("Usage: ")
        assert max(map(len, result.stdout.splitlines())) <= 80
        assert result.exit_code == 0
    for wrong in ("", "chek", "check", f"explain {CLEAN}"):
        result = run(*wrong.split())
        assert "Usage: " in result.stdout + result.stderr
        assert result.exit_code == 2
