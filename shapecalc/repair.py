"""One repair for a problem: candidates from the layer or the contract, each traced again before it is offered.

A repair is a set of changed arguments. It is tried on the nodes first; where the architecture was read from
a text, the edits are tried on the text as well, so that what is offered is what the reader will read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .arch import Arch, Node, Origin
from .contract import contract, first_wrong_pair, last_change
from .edit import edited
from .layer import KINDS, Layer
from .problem import Edit, Fix, Problem, ShapeError
from .shapes import Shape, spell
from .trace import Trace, trace

#: Arguments that a repair may set without changing what the network learns.
SAFE_ARGUMENTS = ("output_padding",)


class Change(NamedTuple):
    """A node's new arguments, and its new kind where that changes too."""

    arguments: Mapping[str, object]
    kind: str | None = None


Changes = dict[int, Change]


def repaired(trace_: Trace, problem: Problem) -> Problem:
    """The problem with a repair as its help and fix, if one was found that works."""
    best: tuple[Changes, Trace] | None = None
    for changes in _candidates(trace_, problem):
        after = _retraced(trace_.arch, changes, trace_.shape_in)
        if after is None or not _is_past(after, trace_):
            continue
        if _is_clean(after):
            return _offered(trace_, problem, changes, after)
        best = best or (changes, after)
    return _offered(trace_, problem, *best) if best else problem


def _candidates(before: Trace, problem: Problem) -> Iterator[Changes]:
    if before.failed is None:
        yield from _contract_candidates(before)
        return
    for arguments in problem.repairs:
        changes = {before.failed: Change(arguments)}
        yield changes
        partner = _partner(before.arch, before.failed, arguments)
        if partner is not None:
            yield {**changes, partner: Change(arguments)}


def _contract_candidates(before: Trace) -> Iterator[Changes]:
    """Output paddings that restore every size; transposed layers for a decoder of plain ones; the channels."""
    yield _solved_output_padding(before, {})
    transposed = {
        number: Change({}, node.layer.transposed_kind)
        for number, node in enumerate(before.arch.nodes)
        if number in before.arch.sections.get("decoder", ()) and node.layer.transposed_kind
    }
    if transposed:
        after = _retraced(before.arch, transposed, before.shape_in)
        yield _solved_output_padding(after, transposed) if after else {}
    wanted = before.arch.contract.output or before.shape_in
    last = last_change(before, len(before.steps) - 1)
    if last >= 0 and isinstance(wanted[1], int):
        name = next(
            (name for name in ("out_channels", "out_features") if name in before.steps[last].layer.fields),
            None,
        )
        yield {last: Change({name: wanted[-1] if name == "out_features" else wanted[1]})} if name else {}


def _solved_output_padding(before: Trace, changes: Changes) -> Changes:
    """Set output_padding, layer by layer, so that each transposed layer returns what its partner took."""
    arch, changes = before.arch, dict(changes)
    for _ in before.steps:
        pair = first_wrong_pair(before)
        if pair is None:
            return changes
        step, wanted = before.steps[pair.decoder], before.steps[pair.encoder].shapes_in[0]
        if "output_padding" not in step.layer.fields or len(wanted) != len(step.shape_out):
            return {}
        own = zip(step.layer.per_axis("output_padding"), wanted[2:], step.shape_out[2:])
        solved = tuple([now + want - got for now, want, got in own])
        if any(not isinstance(size, int) or size < 0 for size in solved):
            return {}
        value = solved[0] if len(set(solved)) == 1 else solved
        kind = changes[pair.decoder].kind if pair.decoder in changes else None
        changes[pair.decoder] = Change({"output_padding": value}, kind)
        after = _retraced(arch, changes, before.shape_in)
        if after is None or after.failed is not None:
            return {}
        before = after._replace(arch=arch)
    return {}


def _partner(arch: Arch, number: int, arguments: Mapping[str, object]) -> int | None:
    """The decoder's layer that stands opposite to an encoder's: as many of its sort from the other end."""
    decoder = arch.sections.get("decoder", range(0))
    if number in decoder:
        return None
    rank = arch.nodes[number].layer.rank
    sort = [
        index
        for index, node in enumerate(arch.nodes)
        if node.layer.rank == rank and set(arguments) <= set(node.layer.fields)
    ]
    before = [index for index in sort if index < decoder.start]
    after = [index for index in sort if index in decoder]
    if len(before) != len(after) or number not in before:
        return None
    return after[-1 - before.index(number)]


def _retraced(arch: Arch, changes: Changes, shape: Shape) -> Trace | None:
    """The trace with the changes made; None where a change is refused or there is none."""
    if not changes:
        return None
    try:
        return trace(arch.with_nodes(_changed_nodes(arch, changes)), shape)
    except ShapeError:
        return None


def _changed_nodes(arch: Arch, changes: Changes) -> Iterator[Node]:
    """The nodes with the changes made; a layer written once and repeated changes everywhere."""
    by_origin = {
        id(arch.nodes[number].origin): change
        for number, change in changes.items()
        if arch.nodes[number].origin
    }
    for number, node in enumerate(arch.nodes):
        change = changes.get(number) or (by_origin.get(id(node.origin)) if node.origin else None)
        yield node._replace(layer=_changed(node.layer, change)) if change else node


def _changed(layer: Layer, change: Change) -> Layer:
    if change.kind is None:
        return layer.replace(**change.arguments)
    kind = KINDS[change.kind]
    kept = {name: getattr(layer, name) for name in layer.fields if name in kind.fields}
    return kind(**{**kept, **change.arguments})


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
    safe = _is_clean(after) and all(
        change.kind is None
        and all(
            name in SAFE_ARGUMENTS or arch.nodes[number].layer.is_inferable(name) for name in change.arguments
        )
        for number, change in changes.items()
    )
    return Fix(safe, tuple(edits))


def _edits(origin: Origin | None, change: Change) -> list[Edit] | None:
    """The change as edits of the text; None where it cannot be said in single edits."""
    if origin is None or not origin.editable:
        return None
    edits = [Edit(origin.place_of(*origin.kind), change.kind)] if change.kind else []
    for name, value in change.arguments.items():
        text = _yaml(value) if origin.in_yaml else repr(value)
        if name in origin.arguments:
            edits.append(Edit(origin.place_of(*origin.arguments[name]), text))
        elif origin.insertion and len(change.arguments) == 1:
            span, before, between, end = origin.insertion
            edits.append(Edit(origin.place_of(*span), f"{before}{name}{between}{text}{end}"))
        else:
            return None
    return edits


def _yaml(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
