"""Rows of a forward that no kind of the registry stands for: elementwise operations, constants, whatever else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...layer import Layer, Needs, Shape
from ...layers.join import broadcast
from ...problem import INPUT_COUNT, SIZE_LIMIT, refusal
from ...reading import Chain, pointwise
from ...saving import INPUT, NOTHING, OUTPUT, Saved, expanded, regrouped
from ...shapes import spell
from ...size import Size
from .functions import is_pointwise


def _words(saved: Saved, names: str) -> dict[str, Saved]:
    return dict.fromkeys(names.split(), saved)


#: What autograd keeps of operations on one tensor, by name.
_SAVED = {
    **_words(NOTHING, "add sub rsub mul div neg repeat flip roll cumsum sum mean state cell weights"),
    **_words(OUTPUT, "exp expm1 sqrt rsqrt reciprocal"),
    **_words(INPUT, "log log1p abs sin cos pow square clamp"),
    **_words(
        Saved(detached=True),
        "randn_like rand_like zeros_like ones_like full_like empty_like new new_zeros new_ones new_full new_empty"
        " normal uniform argmax argmin",
    ),
}
#: Views that take their size from a second tensor.
_VIEWS = {"expand_as": expanded, "view_as": regrouped, "reshape_as": regrouped}


class Operation(Layer, abstract=True):
    """A torch operation by its name, on any number of tensors; it cannot be written into a spec."""

    inputs = ("*tensors",)
    functional = True
    #: what joins say of themselves in a message
    operation: ClassVar[str]

    def __init__(self, operation: str, **values: Any) -> None:
        self.__dict__.update(operation=operation, open=False, **values)

    @property
    def learns(self) -> bool:
        return bool(self.__dict__.get("learns")) or self.num_parameters > 0

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

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        saved = _SAVED.get(self.operation) if len(inputs) == 1 and not self.__dict__.get("reversed") else None
        return saved and saved._replace(elementwise=True)

    @property
    def has_rule_of_reading(self) -> bool:
        """Whether each position reads its own; what torch does in place may mix them (`softmax_`)."""
        return is_pointwise(self.operation) or self.operation == "batch_norm"

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        if not self.has_rule_of_reading:
            return super().reads(out, *inputs)
        return tuple(pointwise(x, out) for x in inputs)

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        out = tensors[0]
        for other in tensors[1:]:
            out = broadcast(need, self, out, other)  # type: ignore[arg-type]
        return out

    def misfit(self, rule: str, name: str, *sizes: Size) -> Exception:
        from ...problem import JOIN

        return refusal(JOIN, f"`{self.operation}` needs {rule}, but {name} is {sizes[0]} and {sizes[1]}")


class Partial(Operation, abstract=True):
    """A layer some of whose inputs are no rows: parameters (then it learns), tensors made in the forward."""

    inner: ClassVar[Layer]

    def __init__(self, inner: Layer, constants: Mapping[int, Shape], learns: bool = False) -> None:
        super().__init__(repr(inner).partition("(")[0], inner=inner, constants=dict(constants), learns=learns)

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

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Of a sum nothing; of a product with a parameter, the other one."""
        kind = type(self.inner).__name__
        elementwise = kind in ("Add", "Sub", "Mul") and 0 not in self.__dict__["constants"]
        if kind in ("Add", "Sub", "Cat", "Stack"):
            return NOTHING._replace(elementwise=elementwise)
        return (
            INPUT._replace(elementwise=elementwise)
            if kind == "Mul" and len(inputs) == 1 and self.learns
            else None
        )

    @property
    def has_rule_of_reading(self) -> bool:
        return self.inner.has_rule_of_reading

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        chains = self.inner.reads(out, *self._all(inputs))
        return tuple(chain for place, chain in enumerate(chains) if place not in self.__dict__["constants"])

    def without_statistics(self, chains: tuple[Chain, ...]) -> tuple[Chain, ...]:
        return self.inner.without_statistics(chains)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return self.inner.arithmetic(out, *self._all(inputs))

    def __repr__(self) -> str:
        return repr(self.inner)


class Observed(Operation, abstract=True):
    """What torch returned on tensors without data: known for the shapes that it was given, and no others."""

    def __init__(
        self, operation: str, taken: tuple[Shape, ...], made: Shape, learns: bool = False, macs: Size = 0
    ) -> None:
        super().__init__(operation, taken=taken, made=made, learns=learns, counted=macs)

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        taken, made = self.__dict__["taken"], self.__dict__["made"]
        if tensors != taken:
            was = " and ".join(map(spell, taken)) or "its arguments"
            raise refusal(SIZE_LIMIT, f"`{self.operation}` has no rule here: it was seen for {was} only")
        shape: Shape = made
        return shape

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        if self.operation in _VIEWS:
            return _VIEWS[self.operation](out)
        return _SAVED.get(self.operation) if len(inputs) == 1 and not self.learns else None

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        counted: Size = self.__dict__["counted"]
        return counted


class Unwritten(Operation, abstract=True):
    """A layer that could not run and that no kind stands for."""

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        raise refusal(SIZE_LIMIT, f"`{self.operation}` could not run")
