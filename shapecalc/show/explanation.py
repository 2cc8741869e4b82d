"""One layer's arithmetic, as `shapecalc explain` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..arch import Node
from ..layer import Layer, Shape, nearest
from ..problem import Problem
from ..shapes import spell
from ..trace import Trace
from .counts import counts

#: So many layers are listed where an unknown one was asked for.
MOST_LISTED = 8


def find(nodes: Sequence[Node], given: str) -> int:
    """The number of the layer with that path, or with the one path that ends in it.

    Raises `LookupError` with a message where there is none, or more than one.
    """
    paths = {node.path: number for number, node in enumerate(nodes)}
    if given in paths:
        return paths[given]
    ending = [path for path in paths if path.endswith(f".{given}")]
    if len(ending) == 1:
        return paths[ending[0]]
    if ending:
        raise LookupError(f"`{given}` could be {_listed(ending, 'or')}")
    last_parts = {path.rpartition(".")[2]: path for path in paths}
    near = nearest(given, paths) or last_parts.get(nearest(given, last_parts) or "")
    hint = f"did you mean `{near}`?" if near else f"the layers are {_listed(list(paths), 'and')}"
    raise LookupError(f"no layer has the path `{given}`; {hint}")


def explanation(trace: Trace, problems: tuple[Problem, ...], number: int) -> Iterator[str]:
    """The lines on layer `number`, whether it ran, failed, or was not reached."""
    node = trace.arch.nodes[number]
    if number < len(trace.steps):
        step = trace.steps[number]
        yield from _given(step.path, step.layer, step.shapes_in)
        yield f"  out  {spell(step.shape_out)}"
        yield from (f"  {line}" for line in step.layer.arithmetic(step.shape_out, *step.shapes_in))
        yield from (f"  {line}" for line in counts(step))
        yield f"  parameters {_count(step.params)}, multiply-accumulates {_count(step.macs)} per sample"
        yield from (f"  needs {need.condition}" for need in step.needs)
    elif number == trace.failed:
        yield from _given(node.path, node.layer, trace.failed_in)
    else:
        assert trace.failed is not None
        yield f"{node.path}: {node.layer!r}"
        yield f"  is not reached: `{trace.arch.nodes[trace.failed].path}` cannot run"
    for problem in problems:
        if problem.path == node.path:
            yield from _said(problem)


def _given(path: str, layer: Layer, shapes_in: tuple[Shape, ...]) -> list[str]:
    return [f"{path}: {layer!r}", f"  in   {' and '.join(map(spell, shapes_in))}"]


def _said(problem: Problem) -> Iterator[str]:
    yield f"  {problem.severity}[{problem.code.id}] {problem.message}"
    yield from (
        f"  {word}: {said}" for word, said in (("note", problem.note), ("help", problem.help)) if said
    )


def _count(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)


def _listed(paths: list[str], word: str) -> str:
    names = [f"`{path}`" for path in paths[:MOST_LISTED]]
    if len(paths) > MOST_LISTED:
        return f"{', '.join(names)} {word} {len(paths) - MOST_LISTED} more"
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)
