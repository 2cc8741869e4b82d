"""Which sizes work, as `shapecalc sizes` prints them, for people and for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..algebra.solve import Solution
from ..input_sizes import Sizes
from ..shapes import sample
from ..size import SizeLimit
from ..version import __version__
from .document import plains
from .formula import signed, spelt
from .text import visible

#: How many members of an infinite set, and how many boxes of a joint one, a report lists.
FIRST = 8


def sizes_lines(
    found: Sizes, near: Mapping[str, int] | None = None, upto: int | None = None, charset: str = "utf-8"
) -> list[str]:
    """The answer as lines: where it runs, where it holds, why, and the nearest sizes."""
    lines = [f"{found.trace.arch.name} for {spelt(sample(found.trace.shape_in))}", *summary(found)]
    if upto is not None and not found.limit:
        lines += [f"  {name} up to {upto}: {_members(found, name, upto)}" for name in found.symbols]
    lines += _near(found, near) if near else []
    return [visible(signed(line, charset), charset) for line in lines]


def summary(found: Sizes) -> list[str]:
    """Where it runs and where it holds, and the conditions that decide it."""
    if found.limit:
        return [f"  no set: {found.limit.message}", "  single sizes are exact all the same"]
    return [
        *f"  runs   {_where(found.running)}{_because(found, holding=False)}".split("\n"),
        *f"  holds  {_where(found.holding)}{_because(found, holding=True)}".split("\n"),
        *_why(found),
    ]


def _where(solution: Solution) -> str:
    """The solution as text, a line a box; of many boxes the first."""
    text = str(solution)
    if text in ("always", "never"):
        return {"always": "for every size", "never": "for no size"}[text]
    boxes = text.split(", or ")
    more = [f"{len(boxes) - FIRST} more such"] if len(boxes) > FIRST else []
    return "for " + ",\n         or ".join(boxes[:FIRST] + more)


def _why(found: Sizes) -> list[str]:
    """The conditions that others do not imply, and who asks for them."""
    reasons = found.binding
    width = max((len(reason.path or "the contract") for reason in reasons), default=0)
    return [
        f"    {reason.path or 'the contract':<{width}}  needs {reason.condition.pretty()}"
        for reason in reasons
    ]


def _because(found: Sizes, holding: bool) -> str:
    if found.problem is None or (not holding and found.trace.failed is None):
        return ""
    where = f"`{found.problem.path}`: " if found.problem.path else ""
    return f", because {where}{found.problem.message}"


def _members(found: Sizes, name: str, upto: int) -> str:
    return ", ".join(map(str, found.axis(name).holds.upto(upto))) or "none"


def _near(found: Sizes, near: Mapping[str, int]) -> list[str]:
    """What is said of the sizes asked about."""
    asked = "x".join(str(near[name]) for name in found.symbols)
    if found.holds(**near):
        return [f"  near {asked}: it holds"]
    runs = "it runs, but does not hold" if found.runs(**near) else "it does not run"
    lines = [f"  near {asked}: {runs}"]
    if found.limit:
        return lines
    lines += [f"    {name} = {near[name]}{_neighbours(found, name, near)}" for name in found.symbols]
    nearest = found.near(**near)
    if nearest is None:
        return [*lines, "    no size holds"]
    changes = [
        _change(name, near[name], nearest[name]) for name in found.symbols if nearest[name] != near[name]
    ]
    return [
        *lines,
        f"    nearest: {'x'.join(str(nearest[name]) for name in found.symbols)} ({', '.join(changes)})",
    ]


def _neighbours(found: Sizes, name: str, near: Mapping[str, int]) -> str:
    """What to do on one axis: whatever the others are, or with them kept where the axes depend on each other."""
    size = near[name]
    try:
        members = found.holding.axis(name)
    except SizeLimit:
        members = found.holding.with_fixed(name, **near)
    if size in members:
        return " fits"
    below, above = members.below(size), members.above(size)
    parts = [f"{below} (crop {size - below})"] if below is not None else []
    parts += [f"{above} (pad {above - size})"] if above is not None else []
    return " does not fit" + (f": {' or '.join(parts)}" if parts else ", nor does any size")


def _change(name: str, asked: int, found: int) -> str:
    return f"pad {name} by {found - asked}" if found > asked else f"crop {name} by {asked - found}"


def sizes_json(
    found: Sizes, near: Mapping[str, int] | None, upto: int | None, path: str | None
) -> dict[str, Any]:
    """The answer as data; documented in docs/json.md."""
    nearest = found.near(**near) if near is not None and not found.limit else None
    return {
        "version": 1,
        "tool": f"shapecalc {__version__}",
        "path": path,
        "name": found.trace.arch.name,
        "input": plains(sample(found.trace.shape_in)),
        "limit": found.limit.message if found.limit else None,
        "problem": found.problem.message if found.problem else None,
        "runs": _solution(found, upto, holding=False),
        "holds": _solution(found, upto, holding=True),
        "conditions": [{"path": reason.path, "condition": str(reason.condition)} for reason in found.reasons],
        "near": None
        if near is None
        else {
            "sizes": dict(near),
            "runs": found.runs(**near),
            "holds": found.holds(**near),
            "nearest": nearest,
        },
    }


def _solution(found: Sizes, upto: int | None, holding: bool) -> dict[str, Any] | None:
    if found.limit:
        return None
    solution = found.holding if holding else found.running
    return {
        "axes": {name: _set(solution, name, upto) for name in found.symbols},
        "boxes": None
        if solution.boxes is None
        else [{name: str(members) for name, members in box.items()} for box in solution.boxes],
        "where": [str(condition) for condition in solution.rest],
    }


def _set(solution: Solution, name: str, upto: int | None) -> dict[str, Any] | None:
    try:
        members = solution.axis(name)
    except SizeLimit:
        return None
    listed = members.upto(upto) if upto is not None else members.first(FIRST)
    return {"text": str(members), "finite": members.finite, "first": listed}
