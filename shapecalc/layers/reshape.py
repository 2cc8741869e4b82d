"""The same numbers in another shape: `Flatten`, `Unflatten`, `view` and `reshape`."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt, prod
from typing import TYPE_CHECKING, Annotated, Any

from ..layer import Layer, Needs, Shape
from ..problem import AXIS, RESHAPE, SIZE_LIMIT, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, Regroup
from ..saving import Saved, regrouped
from ..size import Size, product, quotient, same, whole
from ..sorts import BATCH, Numbers, Sort, WrongValue
from ._axes import Dim, axis_at, shape_text, sized_axis, written_out

if TYPE_CHECKING:
    from random import Random


class TensorSize(Sort):
    """The sizes of a tensor as torch's methods take them: integers, -1, and `N` for the batch."""

    expected = "integers, -1 or N"

    def read(self, value: object, rank: int) -> object:
        items = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        for item in items:
            if item is not BATCH and (not isinstance(item, int) or isinstance(item, bool)):
                raise WrongValue(self.expected)
        return items

    def schema(self, rank: int) -> dict[str, object]:
        one: dict[str, object] = {"anyOf": [{"type": "integer"}, {"const": "N"}]}
        return {"anyOf": [{"type": "array", "items": one}, one]}

    def sample(self, random: Random, rank: int) -> object:
        return tuple(random.choice((-1, -1, 1, 2, 3, BATCH, 0, 4)) for _ in range(random.randint(1, 4)))


Sizes = Annotated["tuple[Any, ...]", TensorSize()]
UnflattenedSize = Annotated["tuple[int, ...]", Numbers(scalar=False)]


def solved(need: Needs, have: Shape, wanted: Shape, refuse: Callable[[], ShapeError]) -> Shape:
    """`wanted` with the number that its -1 stands for, if it fits the elements of `have`; else refused.

    >>> solved(Needs(), (2, 6, 4), (2, -1), lambda: refusal(RESHAPE, ""))
    (2, 24)
    """
    if wanted.count(-1) > 1 or any(isinstance(size, int) and size < -1 for size in wanted):
        raise refuse()
    have_left, wanted_left = list(have), [size for size in wanted if size != -1]
    for size in wanted_left[:]:  # what stands on both sides needs no algebra
        if size in have_left:
            have_left.remove(size)
            wanted_left.remove(size)
    elements, known = product(have_left), product(wanted_left)
    if -1 not in wanted:
        need(same(elements, known), refuse)
        return wanted
    missing = quotient(elements, known)
    if missing is None and isinstance(known, int):
        raise refuse()
    if missing is None:
        raise refusal(
            SIZE_LIMIT, f"the -1 of {shape_text(wanted)} has no formula", note=f"it is {elements}/({known})"
        )
    need(whole(missing), refuse)
    return tuple([missing if size == -1 else size for size in wanted])


class Regrouping(Layer, abstract=True):
    """Other sizes for the same elements in the same order."""

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return reshaped(taken, made)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return ((Regroup(inputs[0], out),),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return regrouped(out)


class Flatten(Regrouping):
    """`torch.nn.Flatten`: (N, C, H, W) to (N, C*H*W); the axes from start_dim to end_dim become one.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html, Shape)
    """

    start_dim: Dim = 1
    end_dim: Dim = -1

    def shape(self, need: Needs, x: Shape) -> Shape:
        first, last = self._span(len(x))
        return (*x[:first], product(x[first : last + 1]), *x[last + 1 :])

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """Unflattened into the sizes that were; one of them may be a symbol, and is -1."""
        first, last = self._span(len(taken))
        sizes = tuple([size if isinstance(size, int) else -1 for size in taken[first : last + 1]])
        if first == last:
            return ()
        return (Unflatten(first, sizes),) if first and sizes.count(-1) <= 1 else None

    def _span(self, rank: int) -> tuple[int, int]:
        first, last = axis_at(self.start_dim, rank, "start_dim"), axis_at(self.end_dim, rank, "end_dim")
        if first > last:
            text = f"start_dim {self.start_dim} comes after end_dim {self.end_dim} on an input of {rank} axes"
            raise refusal(AXIS, text, argument="start_dim")
        return first, last

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        first, last = self._span(len(inputs[0]))
        return (f"axis {first} {written_out(inputs[0][first : last + 1])}",)


class Unflatten(Regrouping):
    """`torch.nn.Unflatten`: one axis of size a*b*... becomes axes of size a, b, ...; one may be -1.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html, Shape)
    """

    dim: Dim
    unflattened_size: UnflattenedSize

    def shape(self, need: Needs, x: Shape) -> Shape:
        axis = axis_at(self.dim, len(x))
        if not self.unflattened_size or not x:
            raise refusal(WRONG_RANK, "there is nothing to unflatten into", argument="unflattened_size")
        sizes = solved(need, (x[axis],), self.unflattened_size, lambda: self._misfit(axis, x))
        return (*x[:axis], *sizes, *x[axis + 1 :])

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        axis = axis_at(self.dim, len(taken))
        return (Flatten(axis, axis + len(self.unflattened_size) - 1),)

    def _misfit(self, axis: int, x: Shape) -> ShapeError:
        sizes = self.unflattened_size
        return refusal(
            RESHAPE,
            f"{sized_axis(axis, x)} does not unflatten into {shape_text(sizes)}",
            note=_count(sizes),
            argument="unflattened_size",
            repairs=tuple({"unflattened_size": sizes} for sizes in mended((x[axis],), sizes)),
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        axis = axis_at(self.dim, len(inputs[0]))
        sizes = out[axis : axis + len(self.unflattened_size)]
        return (f"axis {axis} {inputs[0][axis]} = {'*'.join(map(str, sizes))}",)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.choice((4, 6, 12, 24, 1, 7)) for _ in range(random.randint(0, 3)))),)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        (x,) = inputs
        if random.random() < 0.8 and -len(x) <= arguments["dim"] < len(x):
            arguments["unflattened_size"] = _factors(random, (x[arguments["dim"]],))
        return inputs


class _Reshaping(Regrouping, abstract=True):
    """What `view` and `reshape` do to a shape. (A field cannot be called `shape` here, as torch has it.)"""

    functional = True
    variadic = "size"

    size: Sizes

    def shape(self, need: Needs, x: Shape) -> Shape:
        if not self.size or (BATCH in self.size and not x):
            raise refusal(
                WRONG_RANK, f"{type(self).__name__} needs at least one size, and `N` an axis of the input"
            )
        wanted = tuple([x[0] if size is BATCH else size for size in self.size])
        return solved(need, x, wanted, lambda: self._misfit(x))

    def _misfit(self, x: Shape) -> ShapeError:
        """Counted for each sample where the batch is meant to go through."""
        first, *others = self.size
        for_each = first is BATCH or (first == -1 and len(x) > 1 and not isinstance(x[0], int))
        wanted = tuple(others) if first is BATCH else self.size
        elements = written_out(x[1:] if for_each else x) + " elements" + " of a sample" * for_each
        return refusal(
            RESHAPE,
            f"{elements} do not fit {shape_text(wanted)}",
            note=_count(wanted),
            argument="size",
            repairs=tuple({"size": sizes} for sizes in self._fitting(x)),
        )

    def _fitting(self, x: Shape) -> list[tuple[Any, ...]]:
        first, *others = self.size
        if first is BATCH or first == -1:
            return [(first, *sizes) for sizes in mended(x[1:], tuple(others))]
        keeping = (
            [(BATCH, *others)] if x and BATCH not in others and product(others) == product(x[1:]) else []
        )
        return keeping or mended(x, self.size)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        x = inputs[0]
        if len(x) > 1 and len(out) > 1 and x[0] == out[0]:
            return (f"{written_out(x[1:])} elements of a sample, as many as {shape_text(out[1:])} has",)
        return (f"{written_out(x)} elements, as many as {shape_text(out)} has",)

    def expression(self, *inputs: str) -> str:
        sizes = [f"{inputs[0]}.size(0)" if size is BATCH else str(size) for size in self.size]
        return f"{inputs[0]}.{type(self).__name__.lower()}({', '.join(sizes)})"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 6) for _ in range(random.randint(0, 4)))),)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        (x,) = inputs
        if random.random() < 0.8:
            keeps_batch = random.random() < 0.5
            arguments["size"] = (BATCH,) * keeps_batch + _factors(random, x[keeps_batch:])
        return inputs


class View(_Reshaping):
    """`Tensor.view`: the same elements in the given shape; `View(N, -1)` is `x.view(x.size(0), -1)`.

    One size may be -1: what is left. Where the tensor lies in memory so that no view can be made of it (often
    after `Permute`), a check refuses it (SHP113): take `Reshape` there
    (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html).

    >>> View(2, -1).shape(Needs(), (2, 32, 5, 5))
    (2, 800)
    """


class Reshape(_Reshaping):
    """`Tensor.reshape`: as `View`, wherever the tensor lies in memory.

    (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.reshape.html)
    """


def reshaped(taken: Shape, made: Shape) -> tuple[Layer, ...] | None:
    """A reshape of each sample back to what it was; one size may be a symbol. None where the batch was folded."""
    if taken == made:
        return ()
    sizes = tuple([size if isinstance(size, int) else -1 for size in taken[1:]])
    if taken[:1] != made[:1] or sizes.count(-1) > 1:
        return None
    return (Reshape(BATCH, *sizes),)


def _count(sizes: tuple[Any, ...]) -> str | None:
    """What the sizes ask for, as a note; None where there is nothing to multiply."""
    known = tuple(size for size in sizes if size != -1)
    if BATCH in sizes or not known or (len(known) < 2 and -1 not in sizes):
        return None
    return f"{shape_text(sizes)} asks for {'a multiple of ' * (-1 in sizes)}{written_out(known)}"


def mended(have: Shape, sizes: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The sizes with one of them changed so that they fit, the last first; none for symbolic sizes.

    Before all, a square of other sides: (64, 8, 8) for 3136 elements is (64, 7, 7).
    """
    elements, mended = product(have), _squared(product(have), sizes)
    for position in reversed(range(len(sizes))):
        others = sizes[:position] + sizes[position + 1 :]
        if any(not isinstance(size, int) or size < 1 for size in others):
            continue
        rest = product(others)
        if isinstance(elements, int) and isinstance(rest, int) and elements % rest == 0:
            mended.append((*sizes[:position], elements // rest, *sizes[position + 1 :]))
    return mended


def _squared(elements: Size, sizes: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The sizes with another square at their end, where that takes all elements."""
    if len(sizes) < 2:
        return []
    *others, height, width = sizes
    if (
        height != width
        or not isinstance(elements, int)
        or not all(isinstance(size, int) and size > 0 for size in sizes)
    ):
        return []
    side = isqrt(elements // prod(others))
    return [(*others, side, side)] if prod(others) * side * side == elements else []


def _factors(random: Random, sizes: Shape) -> tuple[int, ...]:
    """Sizes that mostly have as many elements as these."""
    left, factors = int(product(sizes)), []
    for _ in range(random.randint(0, 2)):
        factors.append(random.choice([divisor for divisor in range(1, left + 1) if left % divisor == 0]))
        left //= factors[-1]
    factors.append(left)
    if random.random() < 0.4:
        factors[random.randrange(len(factors))] = -1
    if random.random() < 0.15:
        factors[random.randrange(len(factors))] = random.choice((-2, 0, 5, 2))
    return tuple(factors)
