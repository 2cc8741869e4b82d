"""Baselines: what is known is held back, through moved lines and renumbered layers; what is new is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shapecalc.cli import app
from shapecalc.config.baseline import read
from shapecalc.report import check

CLEAN = "input: 3x8x8\nlayers: [ReLU]\n"
TWO = """input: 3x8x8
layers:
  - Conv2d(3, 4, 3)
  - BatchNorm2d(4)
  - ReLU
  - ReLU # shapecalc: ignore[SHP999]
  - Tanh # shapecalc: ignore[SHP999]
"""
BASE = ("--baseline", "base.json", "--select", "SHP316")


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["check", *arguments, *BASE], input=input)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `a.arch.yaml`, which has three findings, all of them known."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.arch.yaml").write_text(TWO, encoding="utf-8")
    result = run("a.arch.yaml", "--update-baseline")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert result.stderr == "shapecalc: base.json: 0 known, 3 new, 0 gone\n"
    return tmp_path


def test_the_file(folder: Path) -> None:
    content = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    assert content["version"] == 1
    assert [(item["path"], item["code"], item["at"], item["count"]) for item in content["findings"]] == [
        ("a.arch.yaml", "SHP316", "Conv2d(3, 4, 3)", 1),
        ("a.arch.yaml", "SHP905", "- ReLU # shapecalc: ignore[SHP999]", 1),
        ("a.arch.yaml", "SHP905", "- Tanh # shapecalc: ignore[SHP999]", 1),
    ]


#: How the file changes, and which codes are shown then.
CHANGES = {
    "not at all": (("", ""), ""),
    "lines above": (("input", "# one\n# two\ninput"), ""),
    "blanks": (("  - Conv2d(3, 4, 3)", "  -   Conv2d(3,  4, 3)  # a comment"), ""),
    "a line break in the layer": (("3, 4, 3)", "3, 4,\n      3)"), ""),
    "a layer above, and so other paths": (("layers:\n", "layers:\n  - Identity\n"), ""),
    "another argument": (("3, 4, 3)", "3, 4, 5)"), "SHP316"),
    "the same once more": (
        ("  - ReLU #", "  - ReLU # shapecalc: ignore[SHP999]\n  - ReLU #"),
        "SHP905",
    ),
    "mended": (("3, 4, 3)", "3, 4, 3, bias=False)"), ""),
}


@pytest.mark.parametrize(("change", "shown"), CHANGES.values(), ids=CHANGES)
def test_what_is_shown_after_a_change(change: tuple[str, str], shown: str, folder: Path) -> None:
    assert change[0] in TWO
    (folder / "a.arch.yaml").write_text(TWO.replace(*change, 1) if change[0] else TWO, encoding="utf-8")
    result = run("a.arch.yaml", "--format", "json")
    assert " ".join(problem["code"] for problem in json.loads(result.stdout)["problems"]) == shown


def test_notes_alone_do_not_fail_and_warnings_do(folder: Path) -> None:
    (folder / "a.arch.yaml").write_text(TWO.replace("3, 4, 3)", "3, 4, 5)"), encoding="utf-8")
    assert run("a.arch.yaml").exit_code == 0
    (folder / "b.arch.yaml").write_text(TWO, encoding="utf-8")
    assert run("a.arch.yaml", "b.arch.yaml").exit_code == 1


def test_gone_findings_are_said_and_pruned(folder: Path) -> None:
    (folder / "a.arch.yaml").write_text(
        TWO.replace("  - Tanh # shapecalc: ignore[SHP999]\n", ""), encoding="utf-8"
    )
    result = run("a.arch.yaml")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert result.stderr.splitlines() == [
        "shapecalc: base.json: 2 known findings held back",
        "shapecalc: base.json: 1 known finding is no longer there; --update-baseline takes them out",
    ]
    assert run("a.arch.yaml", "--update-baseline").stderr == "shapecalc: base.json: 2 known, 0 new, 1 gone\n"
    assert "Tanh" not in (folder / "base.json").read_text(encoding="utf-8")


def test_other_files_stay_known_while_they_exist(folder: Path) -> None:
    (folder / "b.arch.yaml").write_text(TWO, encoding="utf-8")
    run("b.arch.yaml", "--update-baseline")
    assert run("a.arch.yaml", "b.arch.yaml").stdout == ""
    (folder / "a.arch.yaml").unlink()
    run("b.arch.yaml", "--update-baseline")
    known = read("base.json").known
    assert {one.path for one in known} == {"b.arch.yaml"}


def test_paths_go_from_the_baseline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    result = CliRunner().invoke(
        app, ["check", "../a.arch.yaml", "--baseline", "../base.json", "--select", "SHP316"]
    )
    assert (result.stdout, result.exit_code) == ("", 0)


def test_stdin(folder: Path) -> None:
    assert run("-", input=TWO).exit_code == 1
    run("-", "--update-baseline", input=TWO)
    assert (run("-", input=TWO).stdout, run("-", "a.arch.yaml", input=TWO).exit_code) == ("", 0)


def test_a_baseline_is_written_whole_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "base.json").read_bytes()
    (folder / "a.arch.yaml").write_text(CLEAN, encoding="utf-8")
    assert run("a.arch.yaml", "none.yaml", "--update-baseline").exit_code == 2
    assert (folder / "base.json").read_bytes() == before

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = run("a.arch.yaml", "--update-baseline")
    assert (result.stderr, result.exit_code) == (
        "shapecalc: base.json: cannot be written: No space left on device\n",
        2,
    )
    assert (folder / "base.json").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["a.arch.yaml", "base.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "{}",
        '{"version": 2, "findings": []}',
        '{"version": 1}',
        '{"version": 1, "findings": [1]}',
        '{"version": 1, "findings": [{"path": 1, "code": "SHP316", "at": "x", "count": 1}]}',
        '{"version": 1, "findings": [{"path": "a", "code": "SHP316", "at": "x"}]}',
        '{"version": 1, "findings": ' + "[" * 100000,
    ],
)
def test_what_is_no_baseline(content: str, folder: Path) -> None:
    (folder / "base.json").write_text(content, encoding="utf-8")
    result = run("a.arch.yaml")
    assert result.stderr.startswith("shapecalc: base.json: is no baseline")
    assert (result.stdout, result.exit_code) == ("", 2)


def test_a_missing_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.arch.yaml").write_text(CLEAN, encoding="utf-8")
    result = run("a.arch.yaml")
    assert result.stderr == "shapecalc: base.json: there is no such file; --update-baseline makes it\n"
    assert result.exit_code == 2
    result = CliRunner().invoke(app, ["check", "a.arch.yaml", "--update-baseline"])
    assert result.stderr == "shapecalc: --update-baseline needs --baseline FILE\n"


def test_a_baseline_in_the_configuration(folder: Path) -> None:
    (folder / "shapecalc.toml").write_text('baseline = "base.json"\nselect = ["SHP316"]\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "a.arch.yaml"])
    assert (result.stdout, result.exit_code) == ("", 0)
    assert check("a.arch.yaml").problems, "the API reads no configuration"
