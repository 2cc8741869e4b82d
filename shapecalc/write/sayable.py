"""What of a module's forward can be written down again: rows of the registry's kinds, from one input."""

from __future__ import annotations

from ..problem import UNKNOWN_KIND, SpecError
from ..shapes import Shape
from ..trace import Trace


def check_sayable(traced: Trace, target: str) -> None:
    """Raise `SpecError` for the first row that nothing in a `target` ("a spec") could say."""
    name = traced.arch.name
    for node, step in zip(traced.arch.nodes, traced.steps):
        if step.shapes_in != tuple(made_by(traced, source) for source in node.sources):
            text = (
                f"row `{node.path}` of `{name}` reads what is not the first input, and {target} has one input"
            )
            raise SpecError(UNKNOWN_KIND, text)
        if not step.layer.concrete:
            kind = repr(step.layer).partition("(")[0]
            of = " of a tensor that no layer makes" if "constants" in vars(step.layer) else ""
            text = f"row `{node.path}` of `{name}` is nothing that {target} can say: `{kind}`{of}"
            raise SpecError(UNKNOWN_KIND, text)


def made_by(traced: Trace, source: int) -> Shape:
    """What a source returns."""
    return traced.steps[source - 1].shape_out if source else traced.shape_in
