"""The formats of `check`: GitHub's commands, SARIF against its schema, JUnit through a reader; and rules' pages."""

from __future__ import annotations

import json
import random
import re
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest
from terminal import EXAMPLES
from typer.testing import CliRunner, Result

from shapecalc.cli import app
from shapecalc.lint.rule import RULES, engine_codes
from shapecalc.lint.selectors import selection
from shapecalc.problem import Code, Edit, Fix, Place, Problem
from shapecalc.repair.edit import edited
from shapecalc.report import Report, check, check_text
from shapecalc.show.formats import FORMATS
from shapecalc.show.rules import GROUPS

#: The published schema, as SchemaStore has it; tests/data/README.md names its source.
SARIF = json.loads((Path(__file__).parent / "data/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker())

WRONG = """input: 1x28x28
encoder:
  - Conv2d(1, 8, 3, stride=2, padding=1)
  - BatchNorm2d(8)
decoder:
  - ConvTranspose2d(8, 1, 3, stride=2, padding=1)
"""


#: Notes stand beside errors where they are asked for.
BOTH = ("--select", "SHP201,SHP316")


def run(*arguments: str, input: str | bytes | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "80", "GITHUB_WORKSPACE": ""}).invoke(app, arguments, input=input)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a spec that breaks its contract (SHP201), has a bias before a norm, and one clean."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.arch.yaml").write_text(WRONG, encoding="utf-8")
    (tmp_path / "clean.arch.yaml").write_text("input: 1x4\nlayers: [ReLU]\n", encoding="utf-8")
    return tmp_path


def printed(format: str, *reports: Report) -> str:
    chosen = FORMATS[format]
    if chosen.is_document:
        return chosen.document(reports, False, "utf-8")
    return "".join(chosen.printed(report, "utf-8") for report in reports)


#: Texts that a format has to escape, or to leave as they are.
NASTY = [
    "100% of a,b:c",
    "two\nlines\r\nand\rmore",
    "<a href='x'>&amp;</a> ]]>",
    "\x00\x1b[31m\x7f\ud800\ufffe",
    "層 → é 🧊",
    "::error::x",
    "{0} %s \\ \"quoted\" 'so'",
    "",
]


def nasty(seed: int) -> Report:
    """A report with texts that a format has to escape, in all places where texts stand."""
    choose = random.Random(seed)

    def text() -> str:
        return "".join(choose.sample(NASTY, 2))

    def maybe() -> str | None:
        return choose.choice([None, text()])

    problems = []
    for _ in range(choose.randrange(4)):
        line, column = choose.randrange(1, 5), choose.randrange(1, 30)
        place = Place(line, column, line + choose.randrange(2), column + choose.randrange(5))
        problems.append(
            Problem(
                choose.choice(
                    [*engine_codes().values(), *(rule.code for rule in RULES.values()), Code("SHP399", "x-y")]
                ),
                text(),
                maybe(),
                maybe(),
                severity=choose.choice(["error", "warning", "note"]),
                path=choose.choice([None, "encoder.2", text()]),
                place=choose.choice([None, place]),
                fix=choose.choice([None, Fix(True, (Edit(place, text()),))]),
            )
        )
    path = choose.choice(
        [None, "<stdin>", "a b/ä%:,.arch.yaml", "/nowhere/x.yaml", "../up.yaml", "\udcff.yaml"]
    )
    return Report(path, None, tuple(problems), text=choose.choice([None, "a\nb\nc\n"]))


@pytest.mark.parametrize("seed", range(60))
def test_whatever_a_problem_says_the_document_is_valid(seed: int) -> None:
    reports = [nasty(seed), nasty(seed + 1000)]
    VALIDATOR.validate(json.loads(printed("sarif", *reports)))
    root = ElementTree.fromstring(printed("junit", *reports))
    assert len(root) == 2
    for line in printed("github", *reports).splitlines():
        assert re.fullmatch(r"::(error|warning|notice) (\w+=[^,:\s]*( [^,:]*)?,?)+::[^\r\n]*", line), line


def test_sarif_of_the_examples_is_valid() -> None:
    result = run("check", str(EXAMPLES), "--format", "sarif")
    document = json.loads(result.stdout)
    VALIDATOR.validate(document)
    (this,) = document["runs"]
    ids = [rule["id"] for rule in this["tool"]["driver"]["rules"]]
    assert ids == sorted(set(ids))
    assert {found["ruleId"] for found in this["results"]} == set(ids)
    assert all(ids[found["ruleIndex"]] == found["ruleId"] for found in this["results"])
    assert this["results"]
    assert result.exit_code == 1


def test_sarif_says_where_and_how_to_mend_it(folder: Path) -> None:
    (this,) = json.loads(
        run("check", "wrong.arch.yaml", "--format", "sarif", "--select", "SHP201,SHP316").stdout
    )["runs"]
    bias, wrong = sorted(this["results"], key=lambda found: str(found["ruleId"]), reverse=True)
    location = wrong["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "wrong.arch.yaml", "uriBaseId": "%SRCROOT%"}
    (report,) = [check("wrong.arch.yaml")]
    problem = report.problems[0]
    assert problem.place is not None
    assert location["region"] == dict(
        zip(("startLine", "startColumn", "endLine", "endColumn"), problem.place, strict=True)
    )
    (change,) = wrong["fixes"][0]["artifactChanges"]
    assert _replaced(WRONG, change["replacements"]) == edited(WRONG, problem.fix.edits if problem.fix else ())
    assert (wrong["level"], this["columnKind"]) == ("error", "unicodeCodePoints")
    page = this["tool"]["driver"]["rules"][bias["ruleIndex"]]
    assert page["name"] == "BiasBeforeNorm"
    assert page["help"]["text"].startswith(page["fullDescription"]["text"])
    assert "Source: Ioffe" in page["help"]["text"]


def _replaced(text: str, replacements: list[dict[str, Any]]) -> str:
    """The text with SARIF's replacements made by their own meaning: of lines and columns in code points."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
    edits = []
    for one in replacements:
        region = one["deletedRegion"]
        begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        edits.append((begin, end, one["insertedContent"]["text"]))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def test_sarif_fixes_of_the_examples_are_the_edits() -> None:
    checked = 0
    for path in sorted(EXAMPLES.rglob("*.arch.yaml")):
        report = check(path)
        (this,) = json.loads(printed("sarif", report))["runs"]
        for problem, result in zip(report.problems, this["results"], strict=True):
            assert ("fixes" in result) == (problem.fix is not None)
            if problem.fix is not None:
                (change,) = result["fixes"][0]["artifactChanges"]
                text = report.text or ""
                assert _replaced(text, change["replacements"]) == edited(text, problem.fix.edits)
                checked += 1
    assert checked >= 3


def test_sarif_columns_are_code_points() -> None:
    text = '{"name": "é🧊", "input": "3x8x8", "layers": ["Conv2d(3, 4, 3)", "BatchNorm2d(4)"]}'
    report = check_text(text, "a.arch.yaml", selection=selection(["SHP316"]))
    (this,) = json.loads(printed("sarif", report))["runs"]
    region = this["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert text[region["startColumn"] - 1 : region["endColumn"] - 1] == "Conv2d(3, 4, 3)"


def test_fingerprints_survive_moved_lines(folder: Path) -> None:
    def fingerprints() -> list[str]:
        (this,) = json.loads(run("check", "wrong.arch.yaml", "--format", "sarif", *BOTH).stdout)["runs"]
        return [found["partialFingerprints"]["shapecalc/v1"] for found in this["results"]]

    before = fingerprints()
    (folder / "wrong.arch.yaml").write_text(f"# a line\n\n{WRONG}", encoding="utf-8")
    assert fingerprints() == before
    assert len(before) == len(set(before)) >= 2


def test_unreadable_files_are_no_results_but_said(folder: Path) -> None:
    result = run("check", "none.yaml", "clean.arch.yaml", "--format", "sarif")
    document = json.loads(result.stdout)
    VALIDATOR.validate(document)
    (invocation,) = document["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    assert "No such file" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert (document["runs"][0]["results"], result.exit_code) == ([], 2)
    junit = junitparser.JUnitXml.fromstring(
        run("check", "none.yaml", "clean.arch.yaml", "--format", "junit").stdout
    )
    assert (junit.tests, junit.failures, junit.errors) == (2, 0, 1)


def test_junit_counts_what_fails(folder: Path) -> None:
    result = run("check", ".", "--format", "junit", "--select", "SHP201,SHP316")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        junit = junitparser.JUnitXml.fromstring(result.stdout)
        suites = {suite.name: suite for suite in junit}
        cases = [case for suite in junit for case in suite]
    assert set(suites) == {"./clean.arch.yaml", "./wrong.arch.yaml"}
    report = check("wrong.arch.yaml", selection=selection(["SHP201", "SHP316"]))
    severities = [problem.severity for problem in report.problems]
    assert len(severities) == 2
    failing = sum(severity != "note" for severity in severities)
    assert (junit.tests, junit.failures, junit.errors) == (1 + len(severities), failing, 0)
    assert sum(case.is_passed for case in cases) == 1 + len(severities) - failing
    assert suites["./wrong.arch.yaml"].failures == failing
    failure = next(result for case in cases for result in case.result)
    assert failure.type == "SHP201"
    assert failure.text.splitlines()[0] == "./wrong.arch.yaml:6:5"


def test_github(folder: Path) -> None:
    result = run("check", ".", "--format", "github", "--select", "SHP316,SHP201")
    first, *rest = result.stdout.splitlines()
    assert first.startswith(
        "::error file=wrong.arch.yaml,line=6,endLine=6,col=5,endColumn=50,title=SHP201 unmirrored-output::decoder.0: "
    )
    assert "%0Ahelp: " in first
    assert [line.partition(" ")[0] for line in rest] == ["::notice"]
    assert result.exit_code == 1


def test_github_paths_begin_at_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    runner = CliRunner(env={"GITHUB_WORKSPACE": str(folder)})
    out = runner.invoke(app, ["check", "../wrong.arch.yaml", "--format", "github"]).stdout
    assert "file=wrong.arch.yaml,line=" in out
    assert "file=<stdin>" not in runner.invoke(app, ["check", "-", "--format", "github"], input=WRONG).stdout


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_runs_on_files_stdin_and_folders(format: str, folder: Path) -> None:
    assert run("check", ".", "clean.arch.yaml", "--format", format).exit_code == 1
    assert run("check", "-", "--format", format, input=WRONG).exit_code == 1
    assert run("check", "clean.arch.yaml", "--format", format).exit_code == 0
    first, second = (run("check", ".", "--format", format).stdout for _ in range(2))
    assert first == second


def test_statistics(folder: Path) -> None:
    result = run("check", ".", "wrong.arch.yaml", "--statistics", "--select", "SHP2,SHP316")
    assert result.stdout == "1  SHP201  error    unmirrored-output\n1  SHP316  note     bias-before-norm\n"
    assert result.exit_code == 1
    rows = json.loads(run("check", ".", "--statistics", "--format", "json", "--select", "SHP316").stdout)
    assert {row["code"]: row["count"] for row in rows} == {"SHP201": 1, "SHP316": 1}
    assert run("check", "clean.arch.yaml", "--statistics").stdout == ""
    assert run("check", ".", "--statistics", "--format", "sarif").exit_code == 2


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code.id)
def test_rule_prints_each_page(rule: Any) -> None:
    by_code, by_name = (run("rule", word) for word in rule.code)
    assert (by_code.stdout, by_code.exit_code) == (by_name.stdout, 0)
    head, *lines = by_code.stdout.splitlines()
    assert head.startswith(f"{rule.code.id} {rule.code.name}   {rule.level}, o")
    assert len(lines) > 5
    prose = [line for line in lines if not line.startswith(" ")]
    assert all(len(line) <= 80 or " " not in line for line in prose), by_code.stdout


def test_rule_all_lists_every_code_once() -> None:
    table = run("rule", "--all").stdout
    codes = re.findall(r"^(SHP\d{3}) +([\w-]+)", table, re.MULTILINE)
    known = engine_codes() | {id: rule.code for id, rule in RULES.items()}
    assert codes == sorted(known.values())
    rows = json.loads(run("rule", "--all", "--format", "json").stdout)
    assert [row["code"] for row in rows] == [code for code, _ in codes]
    assert {id[:4] for id in known} <= set(GROUPS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("SHP777",), "no rule's code begins with `SHP777`"),
        (("bias-befor-norm",), "did you mean `bias-before-norm`?"),
        ((), "rule takes one CODE or --all"),
        (("SHP316", "--all"), "rule takes one CODE or --all"),
    ],
)
def test_wrong_rules(arguments: tuple[str, ...], said: str) -> None:
    result = run("rule", *arguments)
    assert said in result.stderr
    assert (result.stdout, result.exit_code) == ("", 2)


def test_a_rule_as_json() -> None:
    page = json.loads(run("rule", "SHP316", "--format", "json").stdout)
    assert (page["code"], page["name"]) == ("SHP316", "bias-before-norm")
    assert page["examples"][0]["marked"] == [{"line": 3, "code": "SHP316"}]
