"""A batch that Python lost (`int(x.shape[0] / 4)`), found again: from three runs with other numbers of samples.

What is a number in one run and another in the next is so many times the batch, and something more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...layer import Layer
from ...shapes import N
from ...size import Expr, Size
from ...sorts import BATCH
from ...trace import Trace


class Unlike(Exception):
    """The runs differ by more than the number of samples."""


def refitted(runs: Mapping[int, Trace]) -> Trace | None:
    """The first run with its numbers in formulas of N, by runs at evenly spaced numbers of samples; None if unlike."""
    (first, *others), batches = runs.values(), tuple(runs)
    if any(len(one.steps) != len(first.steps) or one.failed != first.failed for one in others):
        return None
    try:
        nodes = [
            nodes[0]._replace(layer=_fitted([node.layer for node in nodes], batches))
            for nodes in zip(*(one.arch.nodes for one in runs.values()))
        ]
        steps = tuple(
            steps[0]._replace(
                layer=node.layer,
                shapes_in=_fitted([step.shapes_in for step in steps], batches),
                shape_out=_fitted([step.shape_out for step in steps], batches),
                needs=(),
            )
            for node, *steps in zip(nodes, *(one.steps for one in runs.values()))
        )
        failed_in = _fitted([one.failed_in for one in runs.values()], batches)
    except Unlike:
        return None
    return first._replace(arch=first.arch.with_nodes(nodes), steps=steps, failed_in=failed_in)


def _fitted(values: list[Any], batches: tuple[int, ...]) -> Any:
    """One value for those of all runs: a formula where they are sizes. Raises `Unlike`."""
    first = values[0]
    if any(type(value) is not type(first) and not _are_sizes((value, first)) for value in values):
        raise Unlike
    if _are_sizes(values):
        return _line(values, batches)
    if isinstance(first, tuple) and all(len(value) == len(first) for value in values):
        items = [_fitted(list(items), batches) for items in zip(*values)]
        return type(first)(*items) if hasattr(first, "_fields") else tuple(items)
    if isinstance(first, dict) and all(value.keys() == first.keys() for value in values):
        return {name: _fitted([value[name] for value in values], batches) for name in first}
    if isinstance(first, Layer):
        return _layer(values, batches)
    if any(value != first for value in values):
        raise Unlike
    return first


def _are_sizes(values: Any) -> bool:
    return all(isinstance(value, (int, Expr)) and not isinstance(value, bool) for value in values)


def _line(sizes: list[Size], batches: tuple[int, ...]) -> Size:
    if all(size == sizes[0] for size in sizes) and all(isinstance(size, Expr) for size in sizes):
        return sizes[0]
    try:
        numbers = [size if isinstance(size, int) else size.at(N=batch) for size, batch in zip(sizes, batches)]
    except (KeyError, ValueError):
        raise Unlike from None
    slope, rest = divmod(numbers[1] - numbers[0], batches[1] - batches[0])
    line = slope * (N - batches[0]) + numbers[0]
    there = [line if isinstance(line, int) else line.at(N=batch) for batch in batches]
    if rest or there != numbers:
        raise Unlike
    return line


def _layer(layers: list[Layer], batches: tuple[int, ...]) -> Layer:
    first = layers[0]
    if all(layer == first for layer in layers):
        return first
    values = _fitted([vars(layer) for layer in layers], batches)
    if type(first).__name__ in ("View", "Reshape"):  # a spec writes the batch as a word of its own
        values["size"] = tuple(BATCH if size == N else size for size in values["size"])
    layer: Layer = type(first).__new__(type(first))
    layer.__dict__.update(values)
    return layer
