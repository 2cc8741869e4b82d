"""Rows of a forward that no kind of the registry stands for: elementwise operations, constants, whatever else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...layer import Layer, Needs, Shape
from ...layers.join import broadcast
from ...problem import INPUT_COUNT, SIZE_LIMIT, refusal
from ...shapes import spell
from ...size import Size


class Operation(Layer, abstract=True):
    """A torch operation by its name, on any number of tensors; it cannot be written into a spec."""

    inputs = ("*tensors",)
    functional = True
    #: what joins say of themselves in a message
    operation: ClassVar[str]

    def __init__(self, operation: str, **values: Any) -> None:
        self.__dict__.update(operation=operation, open=False, **values)

    def replace(self, **changes: Any) -> Any:
        raise refusal(INPUT_COUNT, f"`{self.operation}` has no arguments that could be changed")

    def __repr__(self) -> str:
        return f"{self.operation}()"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self.operation))


class Pointwise(Operation, abstract=True):
    """An elementwise operation: its inputs broadcast, as in `a + b`."""

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        out = tensors[0]
        for other in tensors[1:]:
            out = broadcast(need, self, out, other)  # type: ignore[arg-type]
        return out

    def misfit(self, rule: str, name: str, *sizes: Size) -> Exception:
        from ...problem import JOIN

        return refusal(JOIN, f"`{self.operation}` needs {rule}, but {name} is {sizes[0]} and {sizes[1]}")


class Partial(Operation, abstract=True):
    """A layer some of whose inputs are no rows: parameters, tensors made in the forward."""

    inner: ClassVar[Layer]

    def __init__(self, inner: Layer, constants: Mapping[int, Shape]) -> None:
        super().__init__(repr(inner).partition("(")[0], inner=inner, constants=dict(constants))

    def _all(self, tensors: tuple[Shape, ...]) -> list[Shape]:
        constants, given = self.__dict__["constants"], iter(tensors)
        count = len(constants) + len(tensors)
        return [constants[place] if place in constants else next(given) for place in range(count)]

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        return self.inner.shape(need, *self._all(tensors))

    @property
    def num_parameters(self) -> int:
        return self.inner.num_parameters

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        return self.inner.macs(out, *self._all(inputs))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return self.inner.arithmetic(out, *self._all(inputs))

    def __repr__(self) -> str:
        return repr(self.inner)


class Observed(Operation, abstract=True):
    """What torch returned on tensors without data: known for the shapes that it was given, and no others."""

    def __init__(self, operation: str, taken: tuple[Shape, ...], made: Shape) -> None:
        super().__init__(operation, taken=taken, made=made)

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        taken, made = self.__dict__["taken"], self.__dict__["made"]
        if tensors != taken:
            was = " and ".join(map(spell, taken)) or "its arguments"
            raise refusal(SIZE_LIMIT, f"`{self.operation}` has no rule here: it was seen for {was} only")
        shape: Shape = made
        return shape


class Unwritten(Operation, abstract=True):
    """A layer that could not run and that no kind stands for."""

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        raise refusal(SIZE_LIMIT, f"`{self.operation}` could not run")
