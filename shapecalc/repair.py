"""One repair for a problem: candidates, each traced again before one is offered.

A repair is a set of changed arguments. It is tried on the nodes first; where the architecture was read from
a text, the edits are tried on the text as well, so that what is offered is what the reader will read.
"""

from __future__ import annotations

from .arch import Arch, Origin
from .candidates import candidates
from .changes import Change, Changes, retraced
from .contract import contract
from .edit import edited
from .layer import Layer
from .problem import Edit, Fix, Problem, ShapeError
from .shapes import spell
from .trace import Trace, trace

#: Arguments that a repair may set without changing what the network learns.
SAFE_ARGUMENTS = ("output_padding",)


def repaired(before: Trace, problem: Problem) -> Problem:
    """The problem with a repair as its help and fix, if one was found that works."""
    best: tuple[Changes, Trace] | None = None
    for changes in candidates(before, problem):
        after = retraced(before.arch, changes, before.shape_in)
        if after is None or not _is_past(after, before):
            continue
        if _is_clean(after):
            return _offered(before, problem, changes, after)
        best = best or (changes, after)
    return _offered(before, problem, *best) if best else problem


def _is_past(after: Trace, before: Trace) -> bool:
    """Whether the layer that failed runs now; for a broken contract, whether it holds."""
    if before.failed is None:
        return _is_clean(after)
    return after.failed is None or after.failed > before.failed


def _is_clean(after: Trace) -> bool:
    return after.ok and not contract(after).problems


def _offered(before: Trace, problem: Problem, changes: Changes, after: Trace) -> Problem:
    """The problem with its help and, where the text can be edited, its fix."""
    arch = before.arch
    where = before.failed if before.failed is not None else _number(arch, problem.path)
    said: dict[str, list[int]] = {}
    for number, change in changes.items():
        said.setdefault(_said(arch.nodes[number].layer, change), []).append(number)
    parts = [text + _places(arch, numbers, where) for text, numbers in said.items()]
    if len(parts) > 1:
        parts = [text if text.endswith("`") else f"{text} here" for text in parts]
    verb = "gives" if len(changes) == 1 else "give"
    help = f"{_listed(parts)} {verb} {_outcome(before, after, where, changes)}"
    return problem._replace(help=help, fix=_fix(before, changes, after))


def _outcome(before: Trace, after: Trace, where: int | None, changes: Changes) -> str:
    here = (
        f"{spell(after.steps[where].shape_out)} here"
        if where is not None and where < len(after.steps)
        else ""
    )
    if after.output is None:
        return here
    end = f"{spell(after.shape_out or ())} at the end"
    return f"{here} and {end}" if where in changes and where != len(after.steps) - 1 and here else end


def _said(layer: Layer, change: Change) -> str:
    parts = [f"{name}={value!r}" for name, value in change.arguments.items()]
    if change.kind:
        parts.insert(0, f"`{change.kind}` for `{type(layer).__name__}`")
    return " with ".join([parts[0], ", ".join(parts[1:])] if len(parts) > 1 else parts)


def _places(arch: Arch, numbers: list[int], where: int | None) -> str:
    """Where a change goes, unless it is the place of the problem and nowhere else."""
    if numbers == [where]:
        return ""
    return " " + _listed(
        ["here" if number == where else f"in `{arch.nodes[number].path}`" for number in numbers]
    )


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _number(arch: Arch, path: str | None) -> int | None:
    return next((number for number, node in enumerate(arch.nodes) if node.path == path), None)


def _fix(before: Trace, changes: Changes, after: Trace) -> Fix | None:
    """The edits that make the changes, when the edited text reads and traces to the same outcome."""
    arch = before.arch
    edits: list[Edit] = []
    for number, change in changes.items():
        own = _edits(arch.nodes[number].origin, change)
        if own is None:
            return None
        edits += own
    edits = sorted(dict.fromkeys(edits))
    if arch.text is None or arch.reread is None:
        return None
    try:
        again = trace(arch.reread(edited(arch.text, edits)), before.shape_in)
    except ShapeError:
        return None
    if again.output != after.output or again.failed != after.failed:
        return None
    names = [
        (name, arch.nodes[number].layer.is_inferable(name))
        for number, change in changes.items()
        for name in change.arguments
    ]
    keeps_kinds = not any(change.kind for change in changes.values())
    inferable = keeps_kinds and all(is_inferable for _, is_inferable in names)
    modest = keeps_kinds and all(is_inferable or name in SAFE_ARGUMENTS for name, is_inferable in names)
    # An argument that follows from the input leaves every size as it was: what fails after it failed before.
    safe = inferable or (modest and _is_clean(after))
    return Fix(safe, tuple(edits))


def _edits(origin: Origin | None, change: Change) -> list[Edit] | None:
    """The change as edits of the text; None where it cannot be said in single edits."""
    if origin is None or not origin.editable:
        return None
    edits = [Edit(origin.place_of(*origin.kind), change.kind)] if change.kind else []
    added = ""
    for name, value in change.arguments.items():
        text = _yaml(value) if origin.in_yaml else repr(value)
        if name in origin.arguments:
            edits.append(Edit(origin.place_of(*origin.arguments[name]), text))
        elif origin.insertion is None:
            return None
        else:
            added += f"{', ' if added else origin.insertion.before}{name}{origin.insertion.between}{text}"
    if added and origin.insertion:
        edits.append(Edit(origin.place_of(*origin.insertion.span), added + origin.insertion.after))
    return edits


def _yaml(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
