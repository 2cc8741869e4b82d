"""What makes a finding the same one after lines were moved: its code and the text that it stands at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..problem import Problem
from ..trace import Trace


class Identity(NamedTuple):
    """A finding without its place: two layers of the same text in one file have the same identity.

    `at` is the text of the layer, its blanks as one; of a finding in no layer, its line; in no text, what it says.
    """

    code: str
    at: str


def identities(
    problems: Sequence[Problem], trace: Trace | None, text: str | None
) -> Iterator[tuple[Problem, Identity]]:
    """Each problem with its identity.

    A layer inserted above, a comment, or another numbering of the layers changes none; a changed argument does.
    """
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    nodes = {node.path: node for node in trace.arch.nodes} if trace else {}
    for problem in problems:
        node = nodes.get(problem.path or "")
        if node is not None:
            at = repr(node.layer)
            if node.origin and trace and trace.arch.text is not None:
                at = trace.arch.text[slice(*node.origin.span)]
        elif problem.place and text is not None and problem.place.line <= len(lines):
            at = lines[problem.place.line - 1]
        else:
            at = problem.message
        yield problem, Identity(problem.code.id, " ".join(at.split()))
