"""The JSON report, version 1: scripts lean on its names, its order and its nulls."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from terminal import EXAMPLES
from test_show import DESIGN

from shapecalc.problem import Edit, Place
from shapecalc.repair.edit import edited
from shapecalc.report import Report, check, check_text
from shapecalc.show.json import ReportModel

KEYS = ["version", "tool", "path", "name", "ok", "input", "output", "steps", "problems"]
STEP_KEYS = ["path", "kind", "layer", "in", "out", "params", "macs", "line", "column"]
PROBLEM_KEYS = [
    *("code", "name", "severity", "path", "message", "note", "help"),
    *("line", "column", "end_line", "end_column", "fix"),
]
SCHEMA = ReportModel.model_json_schema(mode="serialization")


def document(report: Report) -> dict[str, Any]:
    """The report as JSON, with its keys and their order checked all through."""
    made: dict[str, Any] = json.loads(report.to_json())
    jsonschema.validate(made, SCHEMA)
    assert list(made) == KEYS
    assert all(list(step) == STEP_KEYS for step in made["steps"])
    assert all(list(problem) == PROBLEM_KEYS for problem in made["problems"])
    return made


def test_design_example() -> None:
    made = document(check_text(DESIGN, "mel_cae.arch.yaml"))
    (problem,) = made.pop("problems")
    steps = made.pop("steps")
    assert made == {
        "version": 1,
        "tool": "shapecalc 0.1.0",
        "path": "mel_cae.arch.yaml",
        "name": "MelCAE",
        "ok": False,
        "input": [1, 10, 474],
        "output": [1, 12, 476],
    }
    assert steps[0] == {
        "path": "encoder.0",
        "kind": "Conv2d",
        "layer": "Conv2d(1, 16, 3, stride=2, padding=1)",
        "in": [[1, 10, 474]],
        "out": [16, 5, 237],
        "params": 160,
        "macs": 170640,
        "line": 7,
        "column": 5,
    }
    assert [step["path"] for step in steps[1:4]] == ["encoder.1", "encoder.down", "decoder.0"]
    assert steps[5]["layer"].startswith("ConvTranspose2d(16, 1, 3")
    assert (problem["code"], problem["name"], problem["severity"]) == ("SHP201", "unmirrored-output", "error")
    assert problem["path"] == "decoder.0"
    assert [problem[key] for key in PROBLEM_KEYS[7:11]] == [11, 113, 11, 114]
    place = {"line": 11, "column": 113, "end_line": 11, "end_column": 114}
    assert problem["fix"] == {"safe": True, "edits": [{**place, "text": "0"}]}


def test_edits_mend_the_file() -> None:
    (problem,) = document(check_text(DESIGN, "a.yaml"))["problems"]
    edits = [Edit(Place(*list(edit.values())[:4]), edit["text"]) for edit in problem["fix"]["edits"]]
    assert document(check_text(edited(DESIGN, edits), "a.yaml"))["ok"]


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples(example: str) -> None:
    made = document(check(example))
    assert made["ok"] == all(problem["severity"] != "error" for problem in made["problems"])
    assert (made["output"] is None) == any(problem["code"].startswith("SHP1") for problem in made["problems"])


def test_unreadable_text_has_problems_only() -> None:
    made = document(check_text("layers: [", "a.yaml"))
    assert [made[key] for key in KEYS[2:8]] == ["a.yaml", None, False, None, None, []]
    assert made["problems"][0]["line"] == 1
    assert made["problems"][0]["path"] is None


def test_rows_end_before_the_failing_layer() -> None:
    made = document(check(EXAMPLES / "mel_first_try.arch.yaml"))
    assert [step["path"] for step in made["steps"]] == ["encoder.0", "encoder.1"]
    assert made["output"] is None
    assert made["input"] == [1, 10, 474]


def test_symbols_are_texts() -> None:
    made = document(check_text("layers: ['Conv2d(1, 2, 3, stride=2, padding=1)']", None, "1xHx8"))
    assert made["path"] is None
    assert made["input"] == [1, "H", 8]
    assert made["steps"][0]["out"] == [2, "(H+1)//2", 4]
    assert isinstance(made["steps"][0]["macs"], str)


def test_joins_have_an_input_for_each_source() -> None:
    made = document(check(EXAMPLES / "unet.arch.yaml"))
    join = next(step for step in made["steps"] if step["kind"] == "Cat")
    assert join["in"] == [[32, 32, 48], [32, 32, 48]]
    assert join["out"] == [64, 32, 48]


def test_path_that_is_no_unicode() -> None:
    report = check_text("[ReLU]", "a\udcff.yaml", "1x2")
    assert document(report)["path"] == "a\\xff.yaml"
