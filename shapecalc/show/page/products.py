"""Sizes that are products, as symbols of their own: what a page can follow where the engine's formulas end.

A stride over the merged axes of a `Flatten(2)` makes `(H*W-1)//2`, which is no formula of H and W. It is one of the
product: where a layer stops at a product, the product gets a name, and the trace goes on with that. A page works out
the product first. Sets of sizes are not to be had so.
"""

from __future__ import annotations

from ...algebra.formula import Polynomial, Stairs
from ...algebra.staircase import Staircase
from ...arch import Arch
from ...layer import Shape
from ...problem import SIZE_LIMIT, ShapeError
from ...size import Expr, Size
from ...trace import Step, Trace, run
from .follow import filled_in

#: The formulas of products by the names of their symbols; one may use those before it.
Products = dict[str, Expr]


def with_products(arch: Arch, shape: Shape) -> tuple[Trace, Products] | None:
    """The trace with names for the products that stop it; None where something else does."""
    named = dict[Expr, Expr]()
    while True:
        traced = _traced(arch, shape, named)
        if traced.failed is not None and traced.problems[0].code == SIZE_LIMIT:
            sizes = {size for taken in traced.failed_in for size in taken if isinstance(size, Polynomial)}
            found = [size for size in sizes if "N" not in size.symbols]
            if not found:
                return None
            named.update((size, _symbol(f"({size})")) for size in sorted(found, key=str))
        elif (more := filled_in(arch, traced)) is not None:
            arch = more
        else:
            return traced, {str(name): size for size, name in named.items()}


def _symbol(name: str) -> Stairs:
    return Stairs(name, ((1, Staircase(1, 0)),))


def _traced(arch: Arch, shape: Shape, named: dict[Expr, Expr]) -> Trace:
    """`trace_whole`, each size that has a name called by it."""

    def called(size: Size) -> Size:
        return named.get(size, size) if isinstance(size, Expr) else size

    shapes, steps = [shape], list[Step]()
    for number, node in enumerate(arch.nodes):
        taken = tuple(shapes[source] for source in node.sources)
        try:
            layer, out, needs = run(node.layer, taken)
        except ShapeError as error:
            problem = error.problem._replace(path=node.path)
            return Trace(arch, shape, tuple(steps), (problem,), number, taken)
        shapes.append(tuple(called(size) for size in out))
        steps.append(Step(node.path, layer, taken, shapes[-1], needs, node.origin, node.call))
    return Trace(arch, shape, tuple(steps), ())
