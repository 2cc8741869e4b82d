"""Candidates for a repair, the least change first: from the layer that failed, or from the broken contract.

None is offered before it was traced again (`offer`), so a candidate may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import prod

from ..arch import Arch
from ..contract import contract, folded_by, last_change
from ..layer import KINDS, Layer, Refused
from ..pairing import first_wrong_pair
from ..problem import (
    AXIS,
    CHANNELS,
    FEATURES,
    FOLDED_BATCH,
    INPUT_COUNT,
    JOIN,
    RAISED,
    RESHAPE,
    SIZE_LIMIT,
    WRONG_RANK,
    Problem,
)
from ..size import product
from ..trace import Trace
from .changes import Change, Changes, Inserted, retraced
from .insertions import before_join, behind_end, lost_rows
from .joining import branches, differing, fitting_output_padding, half_padding, join_candidates

#: Arguments of which one may be mistyped.
WINDOW = ("output_padding", "padding", "kernel_size", "stride", "dilation")

#: No window changes what these are about.
WITHOUT_WINDOWS = (CHANNELS, WRONG_RANK, INPUT_COUNT, AXIS, RAISED, SIZE_LIMIT)

#: In a longer network, trying every number of every layer would take seconds.
MOST_LAYERS = 64


def candidates(before: Trace, problem: Problem) -> Iterator[Iterator[Changes]]:
    """Changes that might mend the problem, in groups: a later one is for where none of an earlier one helps.

    A number is changed before a layer is put in, unless sizes are odd on the way to a join: then a number that
    makes them fit would be chance.
    """
    folding = folded_by(before)
    if folding is not None:
        yield _unfolded(before, folding)
    elif problem.code == FOLDED_BATCH:
        yield _unfolded(
            before, next(n for n, node in enumerate(before.arch.nodes) if node.path == problem.path)
        )
    elif problem.code == RESHAPE and before.failed is None:
        number = next(n for n, node in enumerate(before.arch.nodes) if node.path == problem.path)
        yield iter([{number: Change({}, "Reshape")}])
    elif before.failed is None:
        yield chain(_contract_candidates(before), _single_edits(before, problem))
        yield behind_end(before)
    elif problem.code == JOIN and lost_rows(before, before.failed):
        yield chain(_from_the_cause(before, problem, before.failed), before_join(before, before.failed))
        yield _single_edits(before, problem)
    else:
        yield chain(_from_the_cause(before, problem, before.failed), _single_edits(before, problem))
        if problem.code == JOIN:
            yield before_join(before, before.failed)


def _unfolded(before: Trace, number: int) -> Iterator[Changes]:
    """A reshape that takes all of a sample, with the first Linear that reads its rows."""
    from ..layers.reshape import mended

    nodes = before.arch.nodes
    taken = (before.failed_in if number == before.failed else before.steps[number].shapes_in)[0]
    wanted: tuple[object, ...] = getattr(nodes[number].layer, "size", ())
    if len(wanted) < 2 or not all(isinstance(size, int) for size in taken[1:]):
        return
    for sizes in mended((product(taken[1:]),), wanted[1:]):
        changes = {number: Change({"size": (wanted[0], *sizes)})}
        for later in range(number + 1, len(nodes)) if len(wanted) == 2 else ():
            if getattr(nodes[later].layer, "in_features", None) == wanted[1]:
                changes[later] = Change({"in_features": sizes[0]})
                break
        yield changes


def _from_the_cause(before: Trace, problem: Problem, failed: int) -> Iterator[Changes]:
    """What the layer that failed says of itself."""
    if problem.code == FEATURES and not problem.repairs and _lacks_flatten(before, failed):
        yield {failed: Change(before=Inserted(KINDS["Flatten"](1)))}
    for arguments in problem.repairs:
        changes = {failed: Change(arguments)}
        yield changes
        partner = _partner(before.arch, failed, arguments)
        if partner is not None:
            yield {**changes, partner: Change(arguments)}
    if problem.code == JOIN:
        yield from join_candidates(before, failed)


def _single_edits(before: Trace, problem: Problem) -> Iterator[Changes]:
    """One number of one layer a little larger or smaller: the layer that failed first, then upwards."""
    nodes = before.arch.nodes
    for number in _suspects(before, problem):
        layer = nodes[number].layer
        if isinstance(layer, Refused):
            if problem.argument:
                yield from ({number: Change({problem.argument: value})} for value in (1, 2, 3))
            continue
        for name in _to_try(before, problem, number):
            value = getattr(layer, name)
            evened = sorted(set(value)) if isinstance(value, tuple) and len(set(value)) > 1 else ()
            for changed in (*evened, *(_moved(value, step) for step in (1, -1, 2, -2))):
                if changed is not None and not (name == "padding" and _is_too_wide(layer, changed)):
                    yield {number: Change({name: changed})}
                    changes = {number: Change({name: changed})}
                    after = retraced(before.arch, changes, before.shape_in) if before.failed is None else None
                    yield _solved_output_padding(after, changes) if after else {}


def _lacks_flatten(before: Trace, failed: int) -> bool:
    """Whether a Linear wants as many features as a sample has numbers."""
    (x, *_), layer = before.failed_in, before.arch.nodes[failed].layer
    return len(x) > 2 and prod(size for size in x[1:] if isinstance(size, int)) == getattr(
        layer, "in_features", 0
    )


def _to_try(before: Trace, problem: Problem, number: int) -> list[str]:
    """The arguments of a layer to change; before a join, of one that keeps its input's size, the stride alone.

    A pool's stride is its kernel where none is given.
    """
    names = [name for name in WINDOW if name in before.arch.nodes[number].layer.fields]
    if problem.code == JOIN and number < len(before.steps):
        step = before.steps[number]
        if step.shapes_in[0][2:] == step.shape_out[2:]:
            layer = before.arch.nodes[number].layer
            own = "kernel_size" if vars(layer).get("stride", 1) is None else "stride"
            return [name for name in names if name == own]
    return names


def _suspects(before: Trace, problem: Problem) -> Sequence[int]:
    """The layers whose windows may be to blame: of a join those that not all of its inputs come from."""
    failed = before.failed
    if failed is None:
        last = len(before.steps) - 1
        return range(last, -1, -1) if last < MOST_LAYERS else ()
    if problem.code == JOIN:
        if 1 in differing(before, failed):
            return ()
        return branches(before.arch, failed)
    if problem.code in WITHOUT_WINDOWS:
        return (failed,)
    return range(failed, -1, -1) if failed < MOST_LAYERS else ()


def _is_too_wide(layer: Layer, padding: int | tuple[int, ...]) -> bool:
    """Whether padding would make places that see nothing but padding: nobody meant that."""
    if "output_padding" in layer.fields or "kernel_size" not in layer.fields:
        return False
    sides = padding if isinstance(padding, tuple) else (padding,)
    reach = zip(
        layer.per_axis("dilation") if "dilation" in layer.fields else (1,) * 3, layer.per_axis("kernel_size")
    )
    return max(sides, default=0) > max((d * (k - 1) + 1) // 2 for d, k in reach)


def _moved(value: object, step: int) -> int | tuple[int, ...] | None:
    if isinstance(value, int):
        return value + step
    if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        return tuple(item + step for item in value)
    return None


def _contract_candidates(before: Trace) -> Iterator[Changes]:
    """What could restore the sizes, the least change first; and the channels."""
    yield _solved_output_padding(before, {})
    for changes in _geometry_candidates(before):
        yield changes
        after = retraced(before.arch, changes, before.shape_in)
        yield _solved_output_padding(after, changes) if after else {}
    yield from _half_paddings(before)
    yield _transposed(before)
    yield _last_channels(before)


def _geometry_candidates(before: Trace) -> Iterator[Changes]:
    """The window of the first wrong decoder layer made its partner's, or the partner's made its."""
    pair = first_wrong_pair(before)
    if pair is None:
        return
    for number, other in (pair, reversed(pair)):
        layer, model = before.steps[number].layer, before.steps[other].layer
        wanted = {name: value for name, value in _geometry(model).items() if name in layer.fields}
        differing = {name: value for name, value in wanted.items() if getattr(layer, name) != value}
        yield from ({number: Change({name: value})} for name, value in differing.items())
        if len(differing) > 1:
            yield {number: Change(differing)}


def _half_paddings(before: Trace) -> Iterator[Changes]:
    """The padding of a layer without strides that would keep its input's size."""
    for number, step in enumerate(before.steps):
        if "stride" in step.layer.fields and step.layer.per_axis("stride") == (1,) * (step.layer.rank or 0):
            padding = half_padding(step.layer)
            if padding is not None:
                yield {number: Change({"padding": padding})}


def _geometry(layer: Layer) -> dict[str, object]:
    """What a mirror copies: the window's arguments; a pool's stride and a resize's factor stand for each other."""
    fields = layer.fields
    if "scale_factor" in fields:
        factor = getattr(layer, "scale_factor", None)
        return {"kernel_size": factor, "stride": factor} if isinstance(factor, int) else {}
    window: dict[str, object] = {
        name: getattr(layer, name)
        for name in ("kernel_size", "stride", "padding", "dilation")
        if name in fields
    }
    if window.get("stride", 0) is None:
        window["stride"] = window["kernel_size"]
    if "stride" in window and layer.rank:
        window["scale_factor"] = window["stride"]
    return window


def _transposed(before: Trace) -> Changes:
    """Transposed layers in the place of a decoder's plain convolutions."""
    decoder = before.arch.sections.get("decoder", ())
    changes = {
        number: Change({}, node.layer.transposed_kind)
        for number, node in enumerate(before.arch.nodes)
        if number in decoder and node.layer.transposed_kind
    }
    after = retraced(before.arch, changes, before.shape_in)
    return _solved_output_padding(after, changes) if after else {}


def _last_channels(before: Trace) -> Changes:
    """The channels (or features) that the contract wants of the last layer that sets them."""
    wanted = before.arch.contract.output or before.shape_in
    last = last_change(before, len(before.steps) - 1)
    if last < 0:
        return {}
    sizes = {"out_channels": wanted[1], "out_features": wanted[-1]}
    name = next((name for name in sizes if name in before.steps[last].layer.fields), None)
    return {last: Change({name: sizes[name]})} if name and isinstance(sizes[name], int) else {}


def _solved_output_padding(before: Trace, changes: Changes) -> Changes:
    """Set output_padding, layer by layer, so that each transposed layer returns what its partner took."""
    arch, changes = before.arch, dict(changes)
    for _ in before.steps:
        pair = first_wrong_pair(before)
        if pair is None or (changes and not contract(before).problems):
            return changes
        step, wanted = before.steps[pair.decoder], before.steps[pair.encoder].shapes_in[0]
        value = fitting_output_padding(step, wanted) if "output_padding" in step.layer.fields else None
        if value is None:
            return {}
        already = changes.get(pair.decoder, Change({}))
        changes[pair.decoder] = Change({**already.arguments, "output_padding": value}, already.kind)
        after = retraced(arch, changes, before.shape_in)
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
