"""What may go wrong at any size, as texts with slots for numbers; and the proof that the formulas are right.

Which refusal comes first is decided by the conditions of the layers, in order; its text is asked of the layer itself,
at sizes where that refusal is the first, with integers that remember their formulas (`values`). A text that does not
come out the same at all such sizes is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from ...algebra.sets import SizeSet
from ...contract import contract, last_change
from ...input_sizes import SAMPLES, Sizes
from ...layer import Need, Shape
from ...pairing import extent, first_wrong
from ...problem import FOLDED_BATCH, LATENT, OUTPUT, UNMIRRORED, Problem, ShapeError
from ...shapes import N
from ...size import Size, SizeLimit, at
from ...trace import Step, Trace, folded_batch, run, trace_whole
from .products import Products
from .values import Formulas, Multiple, Value

Point = Mapping[str, int]
Silent = Callable[[Trace, Problem], bool]

#: Where no sizes are given: what images often have.
USUAL = 64
#: How far round the given size the formulas are compared with traces of integers.
STEPS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64)
SMALL = range(1, 13)
#: So many texts are compared for each thing that may go wrong.
TEXTS = 3


class Disagreement(Exception):
    """A trace of integers says something else than the formulas."""


class Messages(NamedTuple):
    """`needs`: of each step, the conditions that may fail first, numbered; `texts`: the texts, by their keys."""

    needs: dict[int, list[tuple[int, Need]]]
    texts: dict[str, dict[str, Any]]


def messages(
    found: Sizes, products: Products, given: Point | None, formulas: Formulas, is_silent: Silent
) -> Messages:
    """Every text that may be needed; raises `Disagreement` where integers and formulas differ."""
    start = given or dict.fromkeys(found.symbols, USUAL)
    needs, witnesses = _needs(found, start)
    points = [*witnesses, *_around(start)]
    texts = _Texts(found, needs, formulas, is_silent)
    for point in {tuple(point.items()): point for point in points}.values():
        texts.look(_completed(point, products))
    unseen = {(number, place) for number, listed in needs.items() for place, _ in listed} - texts.seen
    for sizes in product(SMALL, repeat=len(start)) if unseen else ():
        point = _completed(dict(zip(start, sizes)), products)
        if (fails := texts.first_need(point)) in unseen:
            texts.look(point)
            unseen.discard(fails)
    for number, listed in needs.items():
        for place, need in listed:
            texts.have(f"{number}.{place}", need.problem._replace(path=found.trace.steps[number].path))
    for number, step in enumerate(found.trace.steps):
        texts.folding(number, step)
    if found.trace.failed is not None:
        texts.have(f"{found.trace.failed}.!", found.trace.problems[0])
    return Messages(needs, texts.done())


def _completed(point: Point, products: Products) -> Point:
    """The sizes, with the products that have names."""
    values = dict(point)
    for name, formula in products.items():
        # where a product is less, an earlier layer does not run
        values[name] = max(at(formula.numerator, values) // formula.denominator, 1)
    return values


def _needs(found: Sizes, start: Point) -> tuple[dict[int, list[tuple[int, Need]]], list[Point]]:
    """The conditions that earlier ones do not imply, and sizes at which each is the first to fail."""
    earlier = {name: SizeSet.all(name) for name in found.symbols}
    kept: dict[int, list[tuple[int, Need]]] = {}
    witnesses: list[Point] = []
    for number, step in enumerate(found.trace.steps):
        for place, need in enumerate(step.needs):
            left = need.condition.given(N=SAMPLES)
            if left is True:
                continue
            if not isinstance(left, bool) and len(left.symbols) == 1 and left.symbols <= earlier.keys():
                (name,) = left.symbols
                try:
                    own = SizeSet.from_condition(left)
                    failing = earlier[name] - own
                    if not failing:
                        continue
                    near = failing.nearest(start[name])
                    tried = [*failing.first(2), *([] if near is None else [near])]
                    witnesses += [{**_legal(earlier, start), name: size} for size in tried]
                    earlier[name] &= own
                except SizeLimit:
                    pass
            kept.setdefault(number, []).append((place, need))
    return kept, [*witnesses, _legal(earlier, start)]


def _legal(sets: Mapping[str, SizeSet], start: Point) -> Point:
    """The sizes nearest to the start that the sets allow, each by itself."""
    return {name: sets[name].nearest(size) or size for name, size in start.items()}


def _around(start: Point) -> Iterator[Point]:
    """Sizes near the start, each axis alone and all together, and twice and half of it."""
    for name, size in start.items():
        yield from ({**start, name: small} for small in SMALL)
        yield from ({**start, name: size + step} for step in STEPS)
        yield from ({**start, name: size - step} for step in STEPS if size > step)
    yield from ({name: size + step for name, size in start.items()} for step in STEPS)
    yield from ({name: max(size - step, 1) for name, size in start.items()} for step in STEPS)
    yield from (
        {name: 2 * size for name, size in start.items()},
        {name: (size + 1) // 2 for name, size in start.items()},
    )
    yield from (dict.fromkeys(start, small) for small in SMALL)
    for sizes in product((1, 2, 3), repeat=len(start)):
        yield dict(zip(start, sizes))


class _Texts:
    """Asks the engine at one size after another, and collects what it says, with slots."""

    def __init__(
        self,
        found: Sizes,
        needs: dict[int, list[tuple[int, Need]]],
        formulas: Formulas,
        is_silent: Silent,
    ) -> None:
        self.symbolic, self.needs, self.formulas, self.is_silent = found.trace, needs, formulas, is_silent
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.seen = set[tuple[int, int]]()

    def look(self, point: Point) -> None:
        """Trace integers, compare them with the formulas, and keep the texts of what goes wrong."""
        traced = trace_whole(self.symbolic.arch, tuple(_at(size, point) for size in self.symbolic.shape_in))
        self._compare(traced, point)
        plain = list(self._keyed(traced, point))
        if all(len(self.said.get(key, ())) >= TEXTS for key, _ in plain):
            return
        slotted = dict(self._keyed(self._told(traced, point), point))
        for key, problem in plain:
            parts = self._parts(slotted.get(key, problem))
            for part, text in (("message", problem.message), ("note", problem.note or "")):
                if self.formulas.filled(parts[part], point) != text:
                    del parts[part]
            if self.is_silent(traced, problem):
                parts["silent"] = True
            self.said.setdefault(key, []).append(parts)

    def have(self, key: str, problem: Problem) -> None:
        """A text for what no size that was tried shows: the formulas themselves."""
        self.said.setdefault(key, [self._parts(problem)])

    def folding(self, number: int, step: Step) -> None:
        """The text for a step that may mix samples into other axes, whether a size that was tried shows it or not."""
        if all(isinstance(size, int) or size == N or "N" not in size.symbols for size in step.shape_out):
            return
        taken, made = self._slots(step.shapes_in[0]), self._slots(step.shape_out)
        message = self.formulas.parts(folded_batch(taken, made, "").message)
        self.said.setdefault(
            f"folded.{number}", [{"code": FOLDED_BATCH.id, "path": step.path, "message": message}]
        )

    def _slots(self, shape: Shape) -> Any:
        return tuple(self.formulas.slot(size) for size in shape)

    def done(self) -> dict[str, dict[str, Any]]:
        """One text for each key, and for each part of the contract; what did not come out the same is left out."""
        kinds: dict[str, list[dict[str, Any]]] = {}
        for key, texts in self.said.items():
            if not key[0].isdigit():
                bare = [
                    {part: text for part, text in said.items() if part in ("code", "message", "silent")}
                    for said in texts
                ]
                kinds.setdefault(key.partition(".")[0], []).extend(bare)
        return {key: _common(texts) for key, texts in {**self.said, **kinds}.items()}

    def _parts(self, problem: Problem) -> dict[str, Any]:
        return {
            "code": problem.code.id,
            "path": problem.path,
            "message": self.formulas.parts(problem.message),
            "note": self.formulas.parts(problem.note or ""),
        }

    def _told(self, traced: Trace, point: Point) -> Trace:
        """The trace with sizes that remember their formulas, and what the layer that fails says of these."""
        shapes = self._shapes()
        known = [self._with_slots(shape, point) for shape in shapes[: len(traced.steps) + 1]]
        nodes = self.symbolic.arch.nodes
        steps = tuple(
            step._replace(
                shapes_in=tuple(known[source] for source in nodes[number].sources),
                shape_out=known[number + 1],
            )
            for number, step in enumerate(traced.steps)
        )
        again = traced._replace(shape_in=known[0], steps=steps)
        if traced.failed is None:
            return again
        node, problem = nodes[traced.failed], traced.problems[0]
        taken = tuple(known[source] for source in node.sources)
        try:
            run(node.layer, taken)
        except ShapeError as refused:
            problem = refused.problem._replace(path=problem.path)
        if problem.code == FOLDED_BATCH and traced.failed + 1 < len(shapes):
            returned = self._with_slots(shapes[traced.failed + 1], point)
            problem = problem._replace(message=folded_batch(taken[0], returned, "").message)
        return again._replace(problems=(problem,), failed_in=taken)

    def _shapes(self) -> list[Shape]:
        return [self.symbolic.shape_in, *(step.shape_out for step in self.symbolic.steps)]

    def _with_slots(self, shape: Shape, point: Point) -> Shape:
        return tuple(_told(size, point, self.formulas) for size in shape)

    def _compare(self, traced: Trace, point: Point) -> None:
        where = "x".join(str(_at(size, point)) for size in self.symbolic.shape_in[1:])
        fails = self.first_need(point)
        failed = self.symbolic.failed if fails is None else fails[0]
        if traced.failed != failed:
            if (
                fails is None and self.symbolic.failed is not None
            ):  # what needs a number, and is given a symbol
                never, is_open = (
                    self.symbolic.problems[0],
                    self.symbolic.arch.nodes[self.symbolic.failed].layer.open,
                )
                how = (
                    "is another layer at every size"
                    if is_open
                    else f"runs at {where}, and not where sizes are large"
                )
                raise Disagreement(f"`{never.path}` {how}: {never.message}")
            said = "".join(f": {problem.message}" for problem in traced.problems)
            raise Disagreement(f"at {where} the formulas do not hold{said}")
        for one, other in zip(traced.steps, self.symbolic.steps):
            if one.shape_out != tuple(_at(size, point) for size in other.shape_out):
                raise Disagreement(f"at {where} `{one.path}` returns another shape than its formula")

    def first_need(self, point: Point) -> tuple[int, int] | None:
        """The first condition that does not hold, as its step and its place there."""
        values = {**point, "N": SAMPLES}
        for number, listed in self.needs.items():
            for place, need in listed:
                if not need.condition.at(**values):
                    return number, place
        return None

    def _keyed(self, traced: Trace, point: Point) -> Iterator[tuple[str, Problem]]:
        """The problems of a trace and its contract, each with the key under which a page looks for it."""
        if traced.failed is not None:
            fails = self.first_need(point)
            self.seen |= {fails} if fails else set()
            yield f"{traced.failed}.{'!' if fails is None else fails[1]}", traced.problems[0]
        for problem in contract(traced).problems:
            yield _contract_key(traced, problem), problem


def _common(texts: list[dict[str, Any]]) -> dict[str, Any]:
    return {part: text for part, text in texts[0].items() if all(said.get(part) == text for said in texts)}


def _contract_key(traced: Trace, problem: Problem) -> str:
    """What is broken, and the layer that is blamed for it; of a mirror also its partner, and the first wrong axis."""
    if problem.code == LATENT:
        return f"latent.{last_change(traced, traced.arch.contract.latent_node or 0)}"
    if problem.code not in (UNMIRRORED, OUTPUT):
        return (
            f"folded.{next(number for number, step in enumerate(traced.steps) if step.path == problem.path)}"
        )
    what = "mirror" if problem.code == UNMIRRORED else "output"
    last, wrong = last_change(traced, len(traced.steps) - 1), first_wrong(traced)
    if wrong is None or (what == "output" and problem.path != traced.steps[wrong[0].decoder].path):
        return f"{what}.{last}"
    pair, taken = wrong
    returned = extent(traced.steps[pair.decoder].shape_out)
    axis = next((axis for axis, (a, b) in enumerate(zip(returned, taken)) if a != b), 0)
    return f"{what}.{pair.decoder}.{pair.encoder}.{axis if len(returned) == len(taken) else '-'}"


def _at(size: Size, point: Point) -> Size:
    """The size at a point; the batch stays a symbol."""
    if isinstance(size, int) or size == N:
        return size
    return size.given(**point) if "N" in size.symbols else at(size, point)


def _told(size: Size, point: Point, formulas: Formulas) -> Size:
    found = _at(size, point)
    if isinstance(size, int) or found == N:
        return found
    return Value(found, size, formulas) if isinstance(found, int) else Multiple.of(found, size, formulas)
