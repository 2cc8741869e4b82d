"""What a page needs to answer for every size by itself: the engine's formulas and conditions, as data.

A trace of symbols holds each size as an exact formula and each condition under which a layer runs. They are written
out here, once each, with the texts of what may go wrong (`messages`) and the sets of sizes that work; `formulas.js`
evaluates them in exact integers. Before a page promises anything, its formulas are compared with traces of
integers at the sizes round the given one, and at those where something else goes wrong.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...algebra.formula import Polynomial, Stairs
from ...arch import INPUT, Arch
from ...contract import stated_latent, stated_output
from ...input_sizes import Sizes, freed
from ...layer import Shape
from ...lint.selection import Selection
from ...lint.suppress import suppressed
from ...pairing import sides_of
from ...problem import RESHAPE, Problem
from ...shapes import N, letters
from ...size import Condition, Expr, Size, SizeLimit
from ...trace import Step, Trace
from ...window import Slide
from .follow import with_formulas
from .messages import Disagreement, messages
from .products import Products, with_products
from .values import Formulas

if TYPE_CHECKING:
    from ...algebra.segments import Segments

#: A page's records may take so many characters; more would make it slow to load.
MOST_CHARACTERS = 200_000
#: So many boxes of sizes that work are searched for the nearest; more are not exported.
MOST_BOXES = 500
#: Integers up to here are numbers in JavaScript too; larger ones are written as text.
_SAFE = 1 << 53


class Off(Exception):
    """Why a page cannot answer for other sizes."""


def records(trace: Trace, selection: Selection = Selection()) -> tuple[dict[str, Any], Sizes]:
    """The records for a trace with its axes freed, and what they are made of; raises `Off` where there are none."""
    arch, shape = trace.arch, trace.shape_in
    given = None
    if not letters(shape):
        free = freed(shape)
        given = {str(name): size for name, size in zip(free, shape) if isinstance(size, int) and name != size}
        shape = free
    try:
        found = Sizes(with_formulas(arch, shape), shape)
        traced, products = found.trace, Products()
        if found.problem is not None and found.problem.code == RESHAPE and traced.failed is None:
            raise Off(found.problem.message)
        if found.limit:
            has_rows = arch.retrace is not None or traced.failed is None
            followed = None if has_rows else with_products(traced.arch, shape)
            if followed is None:
                raise Off(f"the sizes of this network are no formulas: {found.limit.message}")
            traced, products = followed
        found.trace = traced._replace(arch=arch)
        if not found.symbols:
            raise Off("the input has no axis to change")
        return _records(found, products, given, selection), found
    except SizeLimit as limit:
        raise Off(f"the sizes of this network are no formulas: {limit}") from None
    except Disagreement as difference:
        raise Off(str(difference)) from None


def _is_silent(selection: Selection, trace: Trace, problem: Problem) -> bool:
    """Whether a check does not show it, for the selection or a comment of the file."""
    if selection.ignores(problem.code):
        return True
    has_comments = "shapecalc:" in (trace.arch.text or "")
    return has_comments and problem not in suppressed(trace, [problem], selection)


def _records(
    found: Sizes, products: Products, given: dict[str, int] | None, selection: Selection
) -> dict[str, Any]:
    formulas = Formulas()
    trace, arch = found.trace, found.trace.arch
    write = _Writer(formulas)
    needs, texts = messages(found, products, given, formulas, partial(_is_silent, selection))
    steps = []
    for number, step in enumerate(trace.steps):
        source = _unpadded(trace, number)
        record = {
            "out": write.shape(step.shape_out),
            "params": write.size(step.params),
            "macs": write.size(step.macs),
            "scales": _scales(step),
            "unpadded": None if source == arch.nodes[number].sources[0] else [source],
            "needs": [[place, *write.condition(need.condition)] for place, need in needs.get(number, ())],
        }
        steps.append({name: part for name, part in record.items() if part not in (None, 0, "", [])})
    promise = arch.contract
    latent, output = stated_latent(trace), stated_output(trace)
    return {
        "symbols": list(found.symbols),
        "products": {name: formulas.number(product) for name, product in products.items()},
        "given": given,
        "input": write.shape(trace.shape_in),
        "sources": [node.sources[0] if len(node.sources) == 1 else list(node.sources) for node in arch.nodes],
        "steps": steps,
        "failed": trace.failed,
        "unplaced": arch.unplaced,
        "returns": None if arch.returns is None else list(arch.returns),
        "mirrors": promise.mirrors,
        "decoder": _bounds(arch),
        "latent": None
        if latent is None or promise.latent_node is None
        else [promise.latent_node, write.shape(latent)],
        "output": None if output is None else write.shape(output),
        "messages": texts,
        "legal": _legal(found),
        "formulas": write.all(),
    }


def _scales(step: Step) -> str:
    """What decides whether a step enlarges or shrinks on purpose (`pairing.scales`): its kind, or its sizes."""
    try:
        slides = step.layer.slides(step.shape_out, *step.shapes_in)
    except TypeError:  # a rule that needs integers
        slides = ()
    if slides and isinstance(slides[0], Slide):
        strides = any(getattr(slide, "stride", 1) > 1 for slide in slides)
        return "" if not strides else "up" if slides[0].transposed else "down"
    return "factor" if "scale_factor" in step.layer.fields else "sizes"


def _unpadded(trace: Trace, number: int) -> int:
    """The source of what the step takes or, where pad layers stand before it, of what the first of them takes."""
    nodes = trace.arch.nodes
    (source, *others) = nodes[number].sources
    while source != INPUT and not others and sides_of(trace.steps[source - 1]) is not None:
        (source, *others) = nodes[source - 1].sources
    return source


def _bounds(arch: Arch) -> list[int]:
    decoder = arch.sections.get("decoder", range(0))
    return [decoder.start, decoder.stop]


class _Writer:
    """Sizes and conditions as data that refers to formulas by their numbers."""

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas

    def shape(self, shape: Shape) -> list[Any]:
        return [self.size(size) for size in shape]

    def size(self, size: Size) -> Any:
        """A number; `"N"`; [formula]; or [formula, "N"] for a multiple of the batch, with a constant perhaps."""
        if isinstance(size, int):
            return number(size)
        if size == N:
            return "N"
        if "N" not in size.symbols:
            return [self.formulas.number(size)]
        for factors in size.as_terms():
            batches = [factor for factor in factors if factor.symbol == "N"]
            if len(batches) > 1 or any(factor != N for factor in batches):
                raise Off(f"the size {size} depends on the batch")
        return [self.formulas.number(size), "N"]

    def condition(self, condition: Condition) -> list[Any]:
        """[formula, ">=" or "==" or the modulus]"""
        relation = number(condition.modulus) if condition.modulus else condition.relation
        return [self.formulas.number(condition.size), relation]

    def all(self) -> list[Any]:
        """Every formula, with those that these are made of."""
        written: list[Any] = []
        while len(written) < len(self.formulas.all):
            written.append(self._formula(self.formulas.all[len(written)]))
        return written

    def _formula(self, formula: Expr) -> list[Any]:
        """[symbol, denominator, piece, ...], or [denominator, [coefficient, formula, ...], ...]."""
        if isinstance(formula, Stairs):
            return [formula.symbol, number(formula.denominator), *map(_piece, formula.pieces)]
        assert isinstance(formula, Polynomial)
        terms = [
            [number(coefficient), *map(self.formulas.number, factors)]
            for factors, coefficient in formula.terms.items()
        ]
        return [number(formula.denominator), *terms]


def _piece(piece: Any) -> list[Any]:
    """[start, slope, base, period, at, height, at, height, ...]"""
    start, stairs = piece
    flat = [part for jump in stairs.jumps for part in jump]
    return [number(part) for part in (start, stairs.slope, stairs.base, stairs.period, *flat)]


def number(integer: int) -> int | str:
    """The integer, as text where JavaScript would round it."""
    return integer if -_SAFE < integer < _SAFE else str(integer)


def _legal(found: Sizes) -> list[Any] | None:
    """The sizes without an error, as boxes of sets [start, period, lo, hi, lo, hi, ...]; None where unknown."""
    try:
        boxes = found.holding.boxes
    except SizeLimit:
        return None
    if boxes is None or len(boxes) > MOST_BOXES:
        return None
    return [[_segments(box[name].segments) for name in found.symbols] for box in boxes]


def _segments(segments: Segments) -> list[list[int | str]]:
    return [
        [number(part) for part in (start, period, *(end for interval in intervals for end in interval))]
        for start, (period, intervals) in segments
    ]
