"""One layer's arithmetic, as `shapecalc explain` prints it."""

from __future__ import annotations

from ..layer import Layer, Shape, nearest
from ..problem import Problem
from ..shapes import spell
from ..trace import Trace


def explanation(trace: Trace, problems: tuple[Problem, ...], path: str) -> tuple[list[str], bool]:
    """The lines, and whether the layer runs. Raises `KeyError` with a message where no layer has that path."""
    numbers = {node.path: number for number, node in enumerate(trace.arch.nodes)}
    if path not in numbers:
        near = nearest(path, numbers)
        raise KeyError(f"no layer has the path `{path}`" + (f"; did you mean `{near}`?" if near else ""))
    number = numbers[path]
    if number < len(trace.steps):
        step = trace.steps[number]
        lines = _lines(step.path, step.layer, step.shapes_in)
        lines.append(f"  out  {spell(step.shape_out)}")
        lines += [f"  {line}" for line in step.layer.arithmetic(step.shape_out, *step.shapes_in)]
        lines.append(f"  parameters {_count(step.params)}, multiply-accumulates {_count(step.macs)} per sample")
        lines += [f"  needs {need.condition}" for need in step.needs]
        return lines + [line for problem in problems if problem.path == path for line in _said(problem)], True
    if number == trace.failed:
        lines = _lines(path, trace.arch.nodes[number].layer, trace.failed_in)
        return lines + [line for problem in problems for line in _said(problem)], False
    failed = trace.arch.nodes[trace.failed or 0].path
    return [f"{path}: {trace.arch.nodes[number].layer!r}", f"  is not reached: `{failed}` cannot run"], False


def _lines(path: str, layer: Layer, shapes_in: tuple[Shape, ...]) -> list[str]:
    return [f"{path}: {layer!r}", f"  in   {' and '.join(spell(shape) for shape in shapes_in)}"]


def _said(problem: Problem) -> list[str]:
    lines = [f"  {problem.severity}[{problem.code.id}] {problem.message}"]
    lines += [f"  note: {problem.note}"] if problem.note else []
    return lines + ([f"  help: {problem.help}"] if problem.help else [])


def _count(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)
