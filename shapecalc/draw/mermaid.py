"""A network as a Mermaid flowchart, for pages that draw those."""

from __future__ import annotations

from ..problem import Problem
from ..show.text import visible
from ..trace import Trace
from .blocks import FAILED, RAN, UNREACHED, WANTED, WRONG, Block, blocks
from .folding import readable

_STYLES = (
    "classDef bad stroke:#c62828,stroke-width:3px",
    "classDef wanted stroke:#c62828",
    "classDef join stroke:#9a6b00",
    "classDef unreached stroke-dasharray:3 3",
)


def mermaid(trace: Trace, problems: tuple[Problem, ...] = ()) -> str:
    """The flowchart's text: a node for each tensor, an edge for each source, skips dotted."""
    found = readable(blocks(trace, problems))
    lines = ["flowchart TD", f"accTitle: {_plain(trace.arch.name)}"]
    lines += [f'  n{number}["{_said(block)}"]' for number, block in enumerate(found)]
    for number, block in enumerate(found):
        for source in block.sources:
            lines.append(f"  n{source} {'-->' if source == number - 1 else '-.->'} n{number}")
        if block.state == UNREACHED:
            lines.append(f"  n{number - 1} -.- n{number}")
    lines += [f"  {style}" for style in _STYLES]
    for name, members in (
        ("bad", [number for number, block in enumerate(found) if block.state in (FAILED, WRONG)]),
        ("wanted", [number for number, block in enumerate(found) if block.state == WANTED]),
        ("join", [number for number, block in enumerate(found) if block.is_join and block.state == RAN]),
        ("unreached", [number for number, block in enumerate(found) if block.state == UNREACHED]),
    ):
        if members:
            lines.append(f"  class {','.join(f'n{number}' for number in members)} {name}")
    return "\n".join(lines) + "\n"


def _said(block: Block) -> str:
    times = f" (×{block.repeats})" if block.repeats > 1 else ""
    kind = " ".join(filter(None, (block.kind, block.window)))
    parts = [block.path + times, kind, ", ".join(block.after), block.size, block.note()]
    return "<br/>".join(_plain(part) for part in parts if part)


def _plain(text: str) -> str:
    """The text without what Mermaid would take for its own: entities for all but letters, digits and a few signs."""
    return "".join(
        character if character.isalnum() or character in " ._,+-*/()×→=·⌊⌋" else f"#{ord(character)};"
        for character in visible(text)
    )
