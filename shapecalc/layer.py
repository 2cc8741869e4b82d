"""Layer: a frozen value, named and parameterised exactly as in `torch.nn`, that maps shapes to a shape.

A kind is one class. Its annotated fields are torch's own argument names, in torch's order, with torch's
defaults; the sort in each annotation (`shapecalc.sorts`) reads, checks, describes and samples values.
Everything else about the kind (rule, parameters, MACs, arithmetic) stands in methods of that class, and
defining the class enters it in `KINDS`. Nothing else lists the kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

from .binding import Field as Field
from .binding import bind, own_fields, spelt
from .binding import signature as signature
from .problem import BAD_ARGUMENT, Problem, ShapeError, SpecError, refusal
from .reading import Chain, everything, positionwise
from .registry import KINDS as KINDS
from .registry import nearest as nearest
from .saving import Saved
from .shapes import Shape as Shape
from .size import Condition, Size
from .sorts import INFER
from .window import Pick, Slide

if TYPE_CHECKING:
    from random import Random

#: What the spatial axes of a kind of rank 1, 2 and 3 are called.
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

_L = TypeVar("_L", bound="Layer")


class Need(NamedTuple):
    """A condition on symbols under which a layer runs, and the problem that shows where it fails."""

    condition: Condition
    problem: Problem


class Needs(list[Need]):
    """Collects the conditions that a rule states; raises on one that can never hold.

    A rule states `need(height >= reach, lambda: refusal(...))`. With integers the condition is a bool;
    with symbols it may hold for some sizes only, and is recorded.
    """

    def __call__(self, condition: bool | Condition, refuse: Callable[[], ShapeError]) -> None:
        if condition is True:
            return
        if condition is False:
            raise refuse()
        self.append(Need(condition, refuse().problem))


@dataclass_transform(frozen_default=True)
class Layer:
    """Base of all kinds. Subclasses annotate their fields and write `shape`.

    Class attributes that a kind may set: `rank` (number of spatial axes in its name), `inputs` (the
    names of its forward's arguments; a leading `*` takes any number), `optional_inputs` (how many of
    the last of them may be left out), `variadic` (the field that takes all positional arguments, as in
    `Permute(0, 2, 1)`), `functional` (it spells a torch function or method, not a `torch.nn` class),
    `integer_inputs` (the inputs that must hold integers), `forward_fields` (the last fields, by keyword
    only, that torch takes in `forward` and not in the constructor; `repr` leaves them out). A Lazy kind's
    `eager` is what it becomes once its input is known.
    """

    rank: ClassVar[int] = 0
    inputs: ClassVar[tuple[str, ...]] = ("input",)
    optional_inputs: ClassVar[int] = 0
    variadic: ClassVar[str | None] = None
    functional: ClassVar[bool] = False
    fields: ClassVar[dict[str, Field]] = {}
    integer_inputs: ClassVar[tuple[str, ...]] = ()
    forward_fields: ClassVar[tuple[str, ...]] = ()
    eager: ClassVar[type[Layer] | None] = None
    #: whether a decoder has one, too, behind the mirror of what stood before it (norms, activations)
    echoed: ClassVar[bool] = False
    #: what it is for, where rules ask: "weights" (a learned linear map), "norm", "activation", "dropout", "pool"
    role: ClassVar[str] = ""

    concrete: ClassVar[bool] = False
    #: whether some field is still `_`
    open: ClassVar[bool]

    def __init_subclass__(cls, abstract: bool = False, lazy: bool = False) -> None:
        if "__annotations__" in cls.__dict__ or lazy:
            own = dict(own_fields(cls))
            cls.fields = {name: field for name, field in cls.fields.items() if name not in own} | own
        for name in [name for name, field in cls.fields.items() if lazy and field.sort.axis is not None]:
            del cls.fields[name]
            setattr(cls, name, INFER)
        if lazy:
            cls.eager = next(base for base in cls.__mro__[1:] if issubclass(base, Layer) and base.concrete)
        cls.concrete = not abstract
        if cls.concrete:
            KINDS.add(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        values = bind(cls, args, kwargs)
        is_open = cls.eager is not None or INFER in values.values()
        self.__dict__.update(values, open=is_open)
        if not is_open:
            self.validate()

    def validate(self) -> None:
        """Refuse what torch's constructor, or every forward pass, refuses; raises `ShapeError`."""

    def shape(self, need: Needs, *inputs: Any, **unused: Any) -> Shape:
        """The output's shape for the inputs' shapes, batch first. Raises `ShapeError` where torch would."""
        raise NotImplementedError

    @property
    def num_parameters(self) -> int:
        """Learned numbers: `sum(p.numel() for p in module.parameters())`."""
        return 0

    @property
    def learns(self) -> bool:
        """Whether it has parameters, or reads some."""
        return self.num_parameters > 0

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        """Multiply-accumulates of a forward pass of the whole batch, as `torch.utils.flop_counter` has it."""
        return 0

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        """The formula of each axis that changes, filled in: `height (10 + 2*1 - 1*(3-1) - 1)//2 + 1 = 5`."""
        return ()

    def remainders(self, *inputs: Shape) -> tuple[Size, ...]:
        """What the floor drops of each axis, `(L + 2*padding - reach) % stride`; () where there is none."""
        return ()

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Slide | Pick, ...]:
        """The windows along each spatial axis; () where there are none."""
        return ()

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """What each input's positions are to the output's; a kind that does not say reads everything."""
        return tuple(everything(x, out) for x in inputs)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """What autograd keeps for the backward pass, in training; None where the kind does not say."""
        return None

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        """What autograd keeps of it after `.eval()`."""
        return self.saved(out, *inputs)

    def without_statistics(self, chains: tuple[Chain, ...]) -> tuple[Chain, ...]:
        """A norm's chains, where what is read for its mean and variance alone is read position by position."""
        return positionwise(chains[0]) if self.role == "norm" else chains

    @property
    def has_rule_of_reading(self) -> bool:
        """Whether the kind says what it reads."""
        return type(self).reads is not Layer.reads

    def expression(self, *inputs: str) -> str:
        """The torch expression that a functional kind stands for: `torch.cat([up, skip], dim=1)`."""
        raise NotImplementedError

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        """Input shapes to test the kind with, two samples in the batch; mostly of a legal rank."""
        axes = cls.rank + 2 if cls.rank else random.randint(2, 5)
        axes += random.choice((-1, 1)) if random.random() < 0.08 else 0
        channels = random.choice((1, 2, 3, 4, 6, 8, 12))
        one = (2, channels, *(random.randint(1, 12) for _ in range(axes - 2)))
        return (one[:axes],) * len(cls.inputs)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        """A test's inputs, and in place its arguments, changed so that they fit each other more often."""
        return inputs

    def inferred_axis(self, field: Field, shape: Shape) -> int | None:
        """The axis of `shape` that `_` in this field stands for."""
        return field.sort.axis

    @property
    def transposed_kind(self) -> str | None:
        """The kind that goes the other way with the same arguments, if one does."""
        return None

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """The layers that take `made`, what this one returned, back to `taken`, what it took first.

        () where there is nothing to undo; None where the kind knows no way. Of a layer with an input `like`
        that is to be read off a second tensor, that is what this layer read; `indices` are this layer's own.
        """
        return () if taken == made else None

    @classmethod
    def is_inferable(cls, name: str) -> bool:
        """Whether the field's one right value follows from the input, so that `_` may stand for it."""
        return name in cls.fields and cls.fields[name].sort.axis is not None

    def resolved(self, *inputs: Shape) -> Layer:
        """This layer with every `_` (or Lazy number) read off the inputs' shapes."""
        kind = self.eager or type(self)
        values = {name: self.__dict__[name] for name in type(self).fields}
        for field in kind.fields.values():
            if values.get(field.name, INFER) is INFER:
                values[field.name] = _read_off(self, field, inputs)
        return kind(**values)

    def replace(self: _L, **changes: Any) -> _L:
        """A copy with other arguments."""
        return type(self)(**{**{name: self.__dict__[name] for name in self.fields}, **changes})

    def per_axis(self, name: str) -> tuple[int, ...]:
        """The field `name` as one integer for each spatial axis."""
        value = self.__dict__[name]
        if isinstance(value, tuple):
            return value if len(value) == self.rank else value * self.rank
        return (value,) * self.rank

    def __repr__(self) -> str:
        parts = []
        for name, field in self.fields.items():
            value = self.__dict__[name]
            if name in self.forward_fields:
                continue
            if name == self.variadic and field.required:
                parts += [repr(item) for item in value]
            elif field.required:
                parts.append(spelt(value))
            elif value != field.default or type(value) is not type(field.default):
                parts.append(f"{name}={spelt(value)}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            self.__dict__[name] == other.__dict__[name] for name in self.fields
        )

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name in self.fields)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"layers are frozen; use .replace({name}=...)")

    __delattr__ = __setattr__  # type: ignore[assignment]


class Refused(Layer, abstract=True):
    """A layer that torch's constructor refuses; it takes its place in the architecture and fails there."""

    def __init__(self, kind: type[Layer], arguments: Mapping[str, Any], problem: Problem) -> None:
        self.__dict__.update(kind=kind, arguments=dict(arguments), problem=problem, open=False)
        self.__dict__.update(inputs=kind.inputs, optional_inputs=kind.optional_inputs)

    def shape(self, need: Needs, *inputs: Any, **unused: Any) -> Shape:
        raise ShapeError(self.__dict__["problem"])

    def replace(self, **changes: Any) -> Any:
        kind: type[Layer] = self.__dict__["kind"]
        return kind(**{**self.__dict__["arguments"], **changes})

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.__dict__["arguments"].items())
        return f"{self.__dict__['kind'].__name__}({arguments})"


def build(kind: type[Layer], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Layer:
    """The layer, or a `Refused` one; `SpecError` where the arguments are not understood."""
    try:
        return kind(*args, **kwargs)
    except SpecError:
        raise
    except ShapeError as error:
        names = list(kind.fields)
        return Refused(kind, {**dict(zip(names, args)), **kwargs}, error.problem)


def _read_off(layer: Layer, field: Field, inputs: tuple[Shape, ...]) -> Size:
    source = field.sort.source
    shape = inputs[source] if source < len(inputs) else ()
    axis = layer.inferred_axis(field, shape)
    if axis is None or not -len(shape) <= axis < len(shape):
        text = f"`{field.name}` cannot be read off an input of {len(shape)} axes"
        raise refusal(BAD_ARGUMENT, text, argument=field.name)
    size = shape[axis]
    if not isinstance(size, int):
        text = f"`{field.name}` must be a number, and the input has {size} there"
        raise refusal(BAD_ARGUMENT, text, argument=field.name)
    return size
