"""Decoder proposals, for people and for scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from operator import eq
from typing import Any

from ..mirroring.classes import MOST, Served
from ..mirroring.proposal import Proposal
from ..shapes import sample
from ..version import __version__
from ..write.section import Words, call
from .document import plains
from .formula import signed, spelt
from .text import cells, encodes, visible, wrapped


def proposal_lines(
    found: Sequence[Proposal],
    classes: Mapping[str, Sequence[Served]],
    top: int,
    charset: str = "utf-8",
    width: int = 80,
) -> list[str]:
    """The best proposals, one under the other, and the classes of sizes where the input has letters."""
    arrow = "→" if encodes("→", charset) else "->"
    first = found[0].trace
    code = first.steps[first.arch.sections["decoder"].start - 1].out
    lines = [f"{first.arch.name}  {spelt(first.input, charset)} {arrow} {spelt(code, charset)}"]
    for number, proposal in enumerate(found[:top], 1):
        lines += ["", *_one(number, proposal, charset, arrow, width)]
    if len(found) > top:
        others = ", ".join(f"`{proposal.style}`" for proposal in found[top:])
        lines += ["", f"not shown: {others}"]
    lines += _table(classes, charset)
    return [visible(signed(line, charset), charset) for line in lines]


def _one(number: int, proposal: Proposal, charset: str, arrow: str, width: int) -> list[str]:
    """A proposal: what it is, for which sizes, why it stands here, and its layers."""
    output = spelt(proposal.output, charset)
    lines = [
        f"{number}. {proposal.style}: returns {output}, {proposal.parameters:,} parameters, {proposal.overlap}",
        f"exact for {proposal.exact_for}",
        *([proposal.note] if proposal.note else []),
    ]
    head = [part for line in lines for part in wrapped(line, width - 3)]
    return [head[0], *(f"   {line}" for line in head[1:]), *_layers(proposal, charset, arrow, width)]


def _layers(proposal: Proposal, charset: str, arrow: str, width: int) -> list[str]:
    """The layers, those of a named block under its name, each with what it makes of another shape."""
    words = Words(proposal.arch)
    start = proposal.arch.sections["decoder"].start
    lines: list[str] = []
    above: list[str] = []
    for place, node in enumerate(proposal.decoder, start):
        step = proposal.trace.steps[place]
        *blocks, name = node.path.split(".")[1:]
        same = sum(takewhile(bool, map(eq, above, blocks)))
        lines += [f"{'  ' * depth}     {blocks[depth]}:" for depth in range(same, len(blocks))]
        above = blocks
        indent = "  " * len(blocks) + "     "
        text = call(node._replace(layer=step.layer), place, proposal.arch, words=words)
        text = text if name.isdecimal() else f"{name}: {text}"
        if step.shapes_in[0] == step.shape_out:
            lines.append(f"{indent}{text}")
            continue
        shape = f"{arrow} {spelt(step.out, charset)}"
        fits = len(indent) + cells(text) + cells(shape) + 2 <= width
        lines += [f"{indent}{text}  {shape}"] if fits else [f"{indent}{text}", f"{indent}  {shape}"]
    return lines


def _table(classes: Mapping[str, Sequence[Served]], charset: str) -> list[str]:
    """Which output_padding serves which sizes; axes with the same classes are told once."""
    tables = {letter: _rows(rows, charset) for letter, rows in classes.items()}
    lines: list[str] = []
    while tables:
        letter, rows = next(iter(tables.items()))
        like_it = [[line.replace(f"{letter} ", f"{other} ") for line in rows] for other in tables]
        alike = [other for other, expected in zip(tables, like_it) if tables[other] == expected]
        title = f"without reading sizes off the encoder, output_padding depends on {' and '.join(alike)}"
        lines += ["", f"{title}:", *rows] if rows else []
        tables = {other: rows for other, rows in tables.items() if other not in alike}
    return lines


def _rows(rows: Sequence[Served], charset: str) -> list[str]:
    """A heading and a line for each class; [] where one decoder serves all sizes."""
    paths = list(rows[0].output_padding) if rows else []
    if not paths or len(rows) < 2:
        return []
    changing = [path for path in paths if len({row.kernel_size.get(path) for row in rows}) > 1]
    sets = [signed(str(row.sizes), charset) for row in rows[:MOST]]
    width = max(map(cells, sets))
    lines = ["  " + " " * width + "  " + "  ".join(paths)]
    for text, row in zip(sets, rows):
        texts = [
            f"{row.output_padding.get(path, 0)}" + f" k{row.kernel_size.get(path)}" * (path in changing)
            for path in paths
        ]
        numbers = "  ".join(f"{text:<{len(path)}}" for text, path in zip(texts, paths))
        lines.append(f"  {text}{' ' * (width - cells(text))}  {numbers}".rstrip())
    return [*lines, "  ... and more classes"] if len(rows) > MOST else lines


def proposals_json(
    found: Sequence[Proposal], classes: Mapping[str, Sequence[Served]], top: int, path: str | None
) -> dict[str, Any]:
    """The proposals as data; documented in docs/mirror.md."""
    first = found[0].trace
    start = first.arch.sections["decoder"].start
    return {
        "version": 1,
        "tool": f"shapecalc {__version__}",
        "path": path,
        "name": first.arch.name,
        "input": plains(first.input),
        "latent": plains(first.steps[start - 1].out),
        "proposals": [_data(proposal, start) for proposal in found[:top]],
        "output_padding": {
            letter: [row._asdict() | {"sizes": str(row.sizes)} for row in rows]
            for letter, rows in classes.items()
        },
    }


def _data(proposal: Proposal, start: int) -> dict[str, Any]:
    words = Words(proposal.arch)
    return {
        "style": proposal.style,
        "exact": proposal.exact,
        "exact_for": proposal.exact_for,
        "output": plains(proposal.output),
        "parameters": proposal.parameters,
        "overlap": proposal.overlap,
        "note": proposal.note,
        "layers": [
            {
                "path": step.path,
                "layer": call(node._replace(layer=step.layer), place, proposal.arch, words=words),
                "out": plains(sample(step.shape_out)),
            }
            for place, (node, step) in enumerate(zip(proposal.decoder, proposal.trace.steps[start:]), start)
        ],
    }
