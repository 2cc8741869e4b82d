"""Which sizes work, as `shapecalc sizes` prints them, for people and for scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..algebra.sets import SizeSet
from ..algebra.solve import Solution
from ..shapes import sample
from ..sizes import Sizes
from ..size import SizeLimit
from ..version import __version__

#: How many members of an infinite set a report lists.
FIRST = 8

Spell = Callable[[SizeSet], str]


def sizes_lines(found: Sizes, near: Mapping[str, int] | None, upto: int | None, spell: Spell = str) -> list[str]:
    """The answer as lines: where it runs, where it holds, why, and the nearest sizes."""
    shape = "x".join(map(str, sample(found.trace.shape_in)))
    lines = [f"{found.trace.arch.name} for {shape}"]
    if found.limit:
        lines += [f"  no set of sizes: {found.limit.message}", f"  at `{found.limit.path}`; single sizes are exact:"]
        return lines + _single(found, near)
    lines.append(f"  runs   {_where(found.running, spell)}")
    lines.append(f"  holds  {_where(found.holding, spell)}" + _because(found))
    if found.reasons:
        lines.append("  why")
        width = max(len(reason.path or "the contract") for reason in found.reasons)
        lines += [
            f"    {reason.path or 'the contract':<{width}}  needs {reason.condition}" for reason in found.reasons
        ]
    if upto is not None:
        lines += [f"  {name} up to {upto}: {_members(found, name, upto)}" for name in found.symbols]
    return lines + _single(found, near)


def _where(solution: Solution, spell: Spell) -> str:
    """The union of boxes as text, what is kept as a condition after it."""
    if solution.boxes is None:
        return "where " + " and ".join(map(str, solution.rest))
    boxes = [", ".join(spell(box[name]) for name in solution.symbols) or "always" for box in solution.boxes]
    text = "; or ".join(boxes[:FIRST]) or "for no size"
    more = f"; and {len(boxes) - FIRST} more" if len(boxes) > FIRST else ""
    rest = "".join(f", where {condition}" for condition in solution.rest)
    return text + more + rest


def _because(found: Sizes) -> str:
    if found.problem is None:
        return ""
    where = f"`{found.problem.path}`: " if found.problem.path else ""
    return f", because {where}{found.problem.message}"


def _members(found: Sizes, name: str, upto: int) -> str:
    return ", ".join(map(str, found.axis(name).holds.upto(upto))) or "none"


def _single(found: Sizes, near: Mapping[str, int] | None) -> list[str]:
    """What is said of the sizes asked about."""
    if near is None:
        return []
    asked = "x".join(str(near[name]) for name in found.symbols)
    if found.holds(**near):
        return [f"  near {asked}: it holds"]
    runs = "it runs, but does not hold" if found.runs(**near) else "it does not run"
    lines = [f"  near {asked}: {runs}"]
    if found.limit:
        return lines
    for name in found.symbols:
        lines.append(f"    {name} = {near[name]}: {_neighbours(found.holding.with_fixed(name, **near), near[name])}")
    nearest = found.near(**near)
    if nearest is None:
        return [*lines, "    no size holds"]
    changes = [_change(name, near[name], nearest[name]) for name in found.symbols if nearest[name] != near[name]]
    return [*lines, f"    nearest: {'x'.join(str(nearest[name]) for name in found.symbols)} ({', '.join(changes)})"]


def _neighbours(members: SizeSet, size: int) -> str:
    """What to do on one axis, the others kept."""
    if size in members:
        return "holds"
    below, above = members.below(size), members.above(size)
    parts = [f"{below} (crop {size - below})"] if below is not None else []
    parts += [f"{above} (pad {above - size})"] if above is not None else []
    return " or ".join(parts) or "no size holds with the others as they are"


def _change(name: str, asked: int, found: int) -> str:
    return f"pad {name} by {found - asked}" if found > asked else f"crop {name} by {asked - found}"


def sizes_json(found: Sizes, near: Mapping[str, int] | None, upto: int | None, path: str | None) -> dict[str, Any]:
    """The answer as data; documented in docs/json.md."""
    nearest = found.near(**near) if near is not None and not found.limit else None
    return {
        "version": 1,
        "tool": f"shapecalc {__version__}",
        "path": path,
        "name": found.trace.arch.name,
        "input": [size if isinstance(size, int) else str(size) for size in sample(found.trace.shape_in)],
        "limit": found.limit.message if found.limit else None,
        "problem": found.problem.message if found.problem else None,
        "runs": _solution(found, upto, holding=False),
        "holds": _solution(found, upto, holding=True),
        "conditions": [{"path": reason.path, "condition": str(reason.condition)} for reason in found.reasons],
        "near": None
        if near is None
        else {"sizes": dict(near), "runs": found.runs(**near), "holds": found.holds(**near), "nearest": nearest},
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
