"""Rows of a forward that no kind of the registry stands for: elementwise operations, constants, whatever else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...layer import Layer, Needs, Shape
from ...layers.operators import broadcast
from ...problem import INPUT_COUNT, SIZE_LIMIT, refusal
from ...reading import Chain, pointwise
from ...saving import INPUT, NOBODY, NOTHING, OUTPUT, WEIGHTS, Saved, expanded, ordered, regrouped
from ...shapes import spell
from ...size import Size, product
from .functions import is_pointwise


def _words(saved: Saved, names: str) -> dict[str, Saved]:
    return dict.fromkeys(names.split(), saved)


#: Both the input and the output.
_BOTH = Saved(inputs=(0,), output=True)
#: What autograd keeps of operations on one tensor, by name.
_SAVED = {
    **_words(
        NOTHING,
        "add sub rsub mul div neg positive repeat repeat_interleave flip fliplr flipud roll rot90 cumsum sum mean tril"
        " triu ceil floor round trunc fix frac sign floor_divide remainder fmod deg2rad rad2deg state cell weights",
    ),
    **_words(OUTPUT, "exp exp2 expm1 sqrt rsqrt reciprocal tan"),
    **_words(
        INPUT,
        "log log1p log2 log10 abs sin cos sinh cosh asin acos atan asinh acosh atanh pow square clamp clamp_min"
        " clamp_max erf erfc erfinv lgamma digamma logit sinc xlogy nan_to_num var",
    ),
    **_words(_BOTH, "amax amin max min prod norm linalg_vector_norm std cumprod logsumexp logcumsumexp sgn"),
    **_words(
        Saved(detached=True),
        "randn_like rand_like zeros_like ones_like full_like empty_like new new_zeros new_ones new_full new_empty"
        " normal uniform",
    ),
    **_words(Saved(detached=True, width=8), "argmax argmin argsort one_hot"),
    **_words(Saved(detached=True, width=1), "gt ge lt le eq ne isnan isfinite isinf logical_not bitwise_not"),
}
#: What it keeps of operations on several.
_OF_SEVERAL = {
    **_words(Saved(inputs=(0, 1)), "maximum minimum atan2 mse_loss smooth_l1_loss huber_loss"),
    **_words(Saved(inputs=(0,)), "where"),
    **_words(Saved(inputs=(1,)), "masked_fill"),
    **_words(
        Saved(detached=True, width=1), "gt ge lt le eq ne logical_and logical_or logical_xor bitwise_and"
    ),
    **_words(NOTHING, "lerp"),
}


def _turned(out: Shape) -> Saved:
    """The last two axes swapped."""
    axes = [*range(len(out))]
    return ordered([*axes[:-2], *axes[-2:][::-1]])


def _reversed(out: Shape) -> Saved:
    """All axes the other way round."""
    return ordered([*range(len(out))][::-1])


#: Views that take their size from a second tensor, or swap the last axes.
_VIEWS = {
    "expand_as": expanded,
    "view_as": regrouped,
    "reshape_as": regrouped,
    **dict.fromkeys(("t", "mT", "adjoint"), _turned),
    "T": _reversed,
}


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
        name, reversed = self.operation, self.__dict__.get("reversed")
        if name == "batch_norm":
            return Saved(inputs=(0,), numbers=2 * inputs[0][1], formatted=len(out) > 2)
        if len(inputs) > 1:
            return _OF_SEVERAL.get(name) if len(inputs) == 2 or name == "where" else None
        if reversed and name not in ("div", "pow"):
            return None
        saved = {"div": Saved(numbers=product(out)), "pow": _BOTH}[name] if reversed else _SAVED.get(name)
        return saved and saved._replace(elementwise=True)

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        saved = self.saved(out, *inputs)
        return saved._replace(numbers=0) if saved and self.operation == "batch_norm" else saved

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

    def __init__(
        self, inner: Layer, constants: Mapping[int, Shape], learns: bool = False, own: bool = False
    ) -> None:
        name = repr(inner).partition("(")[0]
        super().__init__(name, inner=inner, constants=dict(constants), learns=learns, own=own)

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
        """Torch takes a learned row for many matrices' sums of columns, which it does not count."""
        every = self._all(inputs)
        is_row = type(self.inner).__name__ == "MatMul" and self.learns and len(every[0]) == 1
        return 0 if is_row and len(every[1]) > 2 else self.inner.macs(out, *every)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """What the layer keeps of its rows; parameters and buffers are not counted, and have a gradient or not."""
        constants, learns = self.__dict__["constants"], self.learns
        whole = self.inner.saved(out, *self._all(inputs))
        if whole is None or not (self.__dict__["own"] or whole.inputs == ()):
            return None
        if whole.kept_as is not None and any(len(constants.get(place, ())) > 2 for place in whole.inputs):
            return None  # it may be copied, as a parameter that is expanded is
        number: dict[int, int] = {}
        for place in range(len(constants) + len(inputs)):
            if place not in constants:
                number[place] = len(number)
        if whole.shares in constants or (not learns and any(place in constants for place in whole.graded)):
            return None
        needed = whole.when or ((WEIGHTS, *number.values()),) * len(whole.inputs)
        kept = [
            (number[place], tuple(number.get(other, WEIGHTS if learns else NOBODY) for other in when))
            for place, when in zip(whole.inputs, needed)
            if place in number
        ]
        return whole._replace(
            inputs=tuple(place for place, _ in kept),
            when=tuple(when for _, when in kept),
            graded=tuple(number[place] for place in whole.graded if place in number),
            as_they_are=tuple(number[place] for place in whole.as_they_are if place in number),
            shares=None if whole.shares is None else number[whole.shares],
            elementwise=whole.elementwise and 0 in number,
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
        self,
        operation: str,
        taken: tuple[Shape, ...],
        made: Shape,
        learns: bool = False,
        macs: Size = 0,
        kept: Saved | None = None,
    ) -> None:
        super().__init__(operation, taken=taken, made=made, learns=learns, counted=macs, kept=kept)

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        taken, made = self.__dict__["taken"], self.__dict__["made"]
        if tensors != taken:
            was = " and ".join(map(spell, taken)) or "its arguments"
            raise refusal(SIZE_LIMIT, f"`{self.operation}` has no rule here: it was seen for {was} only")
        shape: Shape = made
        return shape

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        if self.__dict__["kept"] is not None:
            saved: Saved = self.__dict__["kept"]
            return saved
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
