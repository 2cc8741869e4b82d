"""Real shape bugs and real networks, from `../shared/cases` where that folder exists: what `check` says of each.

    python tests/cases_check.py [-v] [ID...]

Errors must be found at the recorded place, correct networks must give their recorded output and no finding; of those
that misbehave in silence it is printed what is said.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from shapecalc.problem import ShapeError
from shapecalc.report import Report
from shapecalc.size import at

CASES = Path(__file__).parent.parent.parent / "shared/cases"


class Verdict(NamedTuple):
    """One case: whether all is as recorded, and what was found."""

    case: dict[str, Any]
    right: bool
    found: str
    said: str


def cases(folder: Path = CASES) -> list[dict[str, Any]]:
    """The recorded cases; none where the folder does not exist."""
    file = folder / "cases.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def judged(case: dict[str, Any], folder: Path = CASES) -> Verdict:
    """What `check` says of one case."""
    found, said, outputs = examined(case, folder)
    if case["expect"] == "error":
        right = _operation(found) == _operation(case["fail"])
    elif case["expect"] == "ok":
        right = found in ("ok", "lint") and outputs == _listed(case["out"])
    else:
        right = found != "ok" and (outputs is None or outputs == _listed(case["out"]))
    return Verdict(case, right, found, said)


def _operation(path: str) -> str:
    """`forward:__iadd__`, `forward:add_` and `forward:add` are one operation."""
    before, sign, name = path.partition("forward:")
    name = name.strip("_")
    return (
        before
        + sign
        + {"iadd": "add", "radd": "add", "imul": "mul", "rmul": "mul", "isub": "sub"}.get(name, name)
    )


def examined(case: dict[str, Any], folder: Path = CASES) -> tuple[str, str, list[list[int]] | None]:
    """The path that is blamed (or `ok`), what is said, and the shapes of all outputs."""
    from shapecalc.read.module import from_module
    from shapecalc.read.target import Construction, construct, load_file

    namespace = load_file(str(folder / case["file"]))
    settings = vars(namespace)
    given = settings["INPUT"]
    given = [tuple(one) for one in given] if isinstance(given, list) else [tuple(given)]
    try:
        built = construct(namespace, "Model")
    except ShapeError as error:
        return error.problem.path or "?", str(error.problem), None
    assert isinstance(built, Construction)
    built.module.train(case["mode"] == "train")
    batch = given[0][0]
    arch = from_module(
        built.module,
        [("N", *shape[1:]) if shape[:1] == (batch,) else shape for shape in given],
        dtype=settings.get("DTYPE"),
        batch=batch,
        origins=built.origins,
    )
    import shapecalc as sc

    report = sc.check(arch)
    outputs = None
    if report.trace and report.trace.failed is None:
        steps = report.trace.steps
        shapes = [
            steps[source - 1].shape_out if source else arch.input or () for source in arch.returns or ()
        ]
        outputs = [[at(size, {"N": batch}) for size in shape] for shape in shapes]
    said = [str(problem) for problem in report.problems]
    loss = settings.get("LOSS")
    if loss and outputs:
        said += [str(problem) for problem in sc.check_loss(loss, outputs[0], settings["TARGET"])]
    return _place(report) or ("loss" if said != [] else "ok"), "\n".join(said), outputs


def _place(report: Report) -> str:
    """What is wrong with the shapes, or `lint` where only the linter has something to say, or nothing."""
    of_shapes = [
        problem for problem in report.problems if problem.code.id[:4] in ("SHP0", "SHP1", "SHP2", "SHP9")
    ]
    errors = [problem for problem in of_shapes if problem.severity == "error"] or of_shapes
    return errors[0].path or "?" if errors else "lint" * bool(report.problems)


def _listed(out: Any) -> list[list[int]]:
    """One output or several, as several."""
    return out if out and isinstance(out[0], list) else [out]


def main(arguments: list[str]) -> int:
    verbose = "-v" in arguments
    wanted = [argument for argument in arguments if argument != "-v"]
    verdicts = [judged(case) for case in cases() if not wanted or case["id"] in wanted]
    for expect in ("error", "ok", "silent"):
        own = [verdict for verdict in verdicts if verdict.case["expect"] == expect]
        words = {
            "error": "found at its place",
            "ok": "right and without a finding",
            "silent": "something is said",
        }
        print(f"{expect}: {words[expect]} {sum(verdict.right for verdict in own)} of {len(own)}")
        for verdict in own:
            if not verdict.right or verbose or expect == "silent":
                mark = " " if verdict.right else "!"
                print(
                    f" {mark} {verdict.case['id']}: {verdict.found} (recorded: {verdict.case.get('fail', 'ok')})"
                )
                print("     " + (verdict.said or "nothing is said").replace("\n", "\n     "))
    return 0 if all(verdict.right for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
