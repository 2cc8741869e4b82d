"""Bad input: one clear problem with its place, or a usage error; never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bad_input_cases import CASES, Case
from hypothesis import given, settings
from mutated import MUTATED, SPECS

from shapecalc.problem import Place, SpecError
from shapecalc.report import Report, check, check_text

ROOT = Path(__file__).parent.parent


def command(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit status, stdout, stderr of the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "shapecalc", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        timeout=120,
    )
    stderr = done.stderr.decode()
    assert "Traceback" not in stderr
    return done.returncode, done.stdout.decode(), stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_one_problem_with_its_place(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "bad.arch.yaml"
    path.write_bytes(case.data)
    report = check(path, "3x32x32" if case.code == "SHP101" else None)
    (problem,) = report.problems
    assert (problem.code.id, problem.severity) == (case.code, "error")
    assert case.message in problem.message
    assert problem.place is not None
    assert problem.place[:2] == (case.line, case.column)
    assert problem.place[:2] <= problem.place[2:]
    assert not report.ok


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_messages_are_one_short_line(case: Case) -> None:
    try:
        text = case.data.decode()
    except UnicodeDecodeError:
        return
    (problem,) = check_text(text.removeprefix("\ufeff"), None).problems
    for said in (problem.message, problem.help, problem.note):
        assert said is None or (len(said) < 200 and "\n" not in said and not said.endswith("."))


def test_the_command_names_every_place(tmp_path: Path) -> None:
    """All cases in one call: one line on stdout for each, exit status 1."""
    cases = [case for case in CASES if len(case.data) < 100_000]
    paths = []
    for number, case in enumerate(cases):
        paths.append(tmp_path / f"{number:03}.arch.yaml")
        paths[-1].write_bytes(case.data)
    status, stdout, stderr = command("check", *map(str, paths))
    assert (status, stderr) == (1, "")
    lines = stdout.splitlines()
    assert len(lines) == len(cases)
    for case, path, line in zip(cases, paths, lines, strict=True):
        assert line.startswith(f"{path}:{case.line}:{case.column}: error[{case.code}] ")
        assert case.message in line


@pytest.mark.parametrize(
    "name", ["empty file", "binary", "tab", "30,000 brackets", "alias bomb", "name used twice"]
)
@pytest.mark.parametrize("form", ["full", "json"])
def test_the_command_on_its_own_in_other_forms(name: str, form: str, tmp_path: Path) -> None:
    (case,) = [case for case in CASES if case.name == name]
    path = tmp_path / "bad.arch.yaml"
    path.write_bytes(case.data)
    status, stdout, stderr = command("check", str(path), "--format", form)
    assert (status, stderr) == (1, "")
    assert case.code in stdout


def test_standard_input() -> None:
    status, stdout, stderr = command("check", "-", stdin=b"layers: [Relo]\n")
    assert (status, stderr) == (1, "")
    assert stdout.startswith("<stdin>:1:10: error[SHP005] unknown layer `Relo`")


GOOD = "layers: [ReLU]\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.arch.yaml"], "missing.arch.yaml: cannot be read: No such file or directory"),
        (["good.arch.yaml/inside"], "good.arch.yaml/inside: cannot be read: Not a directory"),
        (["loop.arch.yaml"], "loop.arch.yaml: cannot be read"),
        (["empty"], "empty: no *.arch.yaml in the folder"),
        (["good.arch.yaml"], "no input size is known"),
        (["good.arch.yaml", "--input", "1x10x"], "a size is missing in the shape `1x10x`"),
        (["good.arch.yaml", "--input", ""], "a size is missing"),
        (["good.arch.yaml", "--input", "0x3"], "must be at least 1"),
        (["good.arch.yaml", "--input", "1x" + "9" * 5000], "has over 12 digits"),
        (["good.arch.yaml", "--input", "3", "--set", "w=3"], "`vars:` has no `w` to set"),
        (["good.arch.yaml", "--input", "3", "--set", "w"], "--set takes NAME=NUMBER"),
        (["vars.arch.yaml", "--input", "3", "--set", "w=1" + "0" * 20], "more than 12 digits"),
        (["good.arch.yaml", "--inptu", "3"], "No such option"),
        ([], "Missing argument"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_usage(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "good.arch.yaml").write_text(GOOD)
    (tmp_path / "vars.arch.yaml").write_text(f"vars: {{w: 3}}\n{GOOD}")
    (tmp_path / "empty").mkdir()
    os.symlink("loop.arch.yaml", tmp_path / "loop.arch.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "shapecalc", "check", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"},
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert said in done.stderr


def judged(text: str) -> None:
    """A report whose places lie inside the text, or a `SpecError`: nothing else."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        report = check_text(text, "f.arch.yaml")
    except SpecError:
        return
    assert isinstance(report, Report)
    for problem in report.problems:
        for place in filter(None, (problem.place, *(label.place for label in problem.labels))):
            assert isinstance(place, Place)
            assert (1, 1) <= place[:2] <= place[2:]
            assert place.end_line <= len(lines)
            assert place.column <= len(lines[place.line - 1]) + 1
            assert place.end_column <= len(lines[place.end_line - 1]) + 1


@pytest.mark.parametrize("text", SPECS, ids=["autoencoder", "joins", "json"])
def test_what_is_mutated_is_good(text: str) -> None:
    assert not check_text(text, None).fails


@settings(max_examples=300, deadline=None, derandomize=True)
@given(MUTATED)
def test_mutated_specs_are_judged_or_refused(text: str) -> None:
    judged(text)


@pytest.mark.long
@settings(max_examples=30_000, deadline=None)
@given(MUTATED)
def test_mutated_specs_at_length(text: str) -> None:
    judged(text)
