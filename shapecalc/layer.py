"""Layer: a frozen value, named and parameterised exactly as in `torch.nn`, that maps shapes to a shape.

A kind is one class. Its annotated fields are torch's own argument names, in torch's order, with torch's
defaults; the sort in each annotation (`shapecalc.fields`) reads, checks, describes and samples values.
Everything else about the kind (rule, parameters, MACs, arithmetic) stands in methods of that class, and
defining the class enters it in `KINDS`. Nothing else lists the kinds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

from .fields import INFER, Sort, WrongValue
from .problem import (
    BAD_ARGUMENT,
    MISSING_ARGUMENT,
    UNKNOWN_ARGUMENT,
    WRONG_TYPE,
    Problem,
    ShapeError,
    SpecError,
    refusal,
)
from .shapes import Shape as Shape
from .size import Condition, Size

if TYPE_CHECKING:
    from random import Random

#: Every kind by its name; filled as the classes are defined.
KINDS: dict[str, type[Layer]] = {}

#: What the spatial axes of a kind of rank 1, 2 and 3 are called.
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

_ABSENT: Any = object()
_L = TypeVar("_L", bound="Layer")


class Field(NamedTuple):
    """One argument of a kind."""

    name: str
    sort: Sort
    default: Any

    @property
    def required(self) -> bool:
        return self.default is _ABSENT


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
        self.append(Need(condition, refuse().problem))  # type: ignore[arg-type]


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

    #: whether some field is still `_`
    open: ClassVar[bool]

    def __init_subclass__(cls, abstract: bool = False, lazy: bool = False) -> None:
        if "__annotations__" in cls.__dict__ or lazy:
            own = dict(_own_fields(cls))
            cls.fields = {name: field for name, field in cls.fields.items() if name not in own} | own
        for name in [name for name, field in cls.fields.items() if lazy and field.sort.axis is not None]:
            del cls.fields[name]
            setattr(cls, name, INFER)
        if lazy:
            cls.eager = next(base for base in cls.__mro__[1:] if base.__name__ in KINDS)
        if not abstract:
            KINDS[cls.__name__] = cls

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        values = _bind(cls, args, kwargs)
        is_open = cls.eager is not None or INFER in values.values()
        self.__dict__.update(values, open=is_open)
        if not is_open:
            self.validate()

    def validate(self) -> None:
        """Refuse what torch's constructor (or every forward pass) refuses whatever the input; `ShapeError`."""

    def shape(self, need: Needs, *inputs: Any, **unused: Any) -> Shape:
        """The output's shape for the inputs' shapes, batch first. Raises `ShapeError` where torch would."""
        raise NotImplementedError

    @property
    def num_parameters(self) -> int:
        """Learned numbers: `sum(p.numel() for p in module.parameters())`."""
        return 0

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        """Multiply-accumulates of one forward pass over the whole batch, as `torch.utils.flop_counter` has them."""
        return 0

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        """The formula of each axis that changes, filled in: `height (10 + 2*1 - 1*(3-1) - 1)//2 + 1 = 5`."""
        return ()

    def remainders(self, *inputs: Shape) -> tuple[Size, ...]:
        """What the floor drops of each spatial axis: `(L + 2*padding - reach) % stride`; () where none does."""
        return ()

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
    def sample_fitting(cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]) -> tuple[Shape, ...]:
        """The inputs of a test, and in place its arguments, changed so that they fit each other more often."""
        return inputs

    def inferred_axis(self, field: Field, shape: Shape) -> int | None:
        """The axis of `shape` that `_` in this field stands for."""
        return field.sort.axis

    @property
    def transposed_kind(self) -> str | None:
        """The kind that goes the other way with the same arguments, if one does."""
        return None

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
        self.__dict__.update(kind=kind, arguments=dict(arguments), problem=problem, open=False, inputs=kind.inputs)
        self.__dict__.update(optional_inputs=kind.optional_inputs)

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


def _own_fields(cls: type[Layer]) -> Iterator[tuple[str, Field]]:
    """The fields that the class body itself annotates, in its order."""
    names = vars(sys.modules[cls.__module__])
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():
        if annotation.startswith("ClassVar"):
            continue
        yield name, Field(name, names[annotation].__metadata__[0], cls.__dict__.get(name, _ABSENT))


def _bind(cls: type[Layer], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments to field values, as a call of torch's constructor binds them; `SpecError` if it would not."""
    fields = cls.fields
    if cls.variadic and args and not (len(args) == 1 and isinstance(args[0], (tuple, list))):
        args = (args,)
    if len(args) > (most := len(fields) - len(cls.forward_fields)):
        takes = f"{most} argument" + "s" * (most != 1)
        raise SpecError(UNKNOWN_ARGUMENT, f"`{cls.__name__}` takes {takes}, and {len(args)} are given")
    given = dict(zip(fields, args))
    for name, value in kwargs.items():
        if name not in fields:
            raise _unknown_argument(cls, name)
        if name in given:
            raise SpecError(UNKNOWN_ARGUMENT, f"argument `{name}` is given twice", argument=name)
        given[name] = value
    values = {}
    for name, field in fields.items():
        value = given.get(name, _ABSENT)
        if value is not _ABSENT:
            values[name] = _read(cls, field, value)
        elif field.default is _ABSENT:
            raise SpecError(
                MISSING_ARGUMENT,
                f"`{cls.__name__}` needs `{name}`",
                note=f"the arguments are {signature(cls)}",
                argument=name,
            )
        else:
            values[name] = field.default
    return values


def _read(cls: type[Layer], field: Field, value: object) -> object:
    try:
        return field.sort.read(value, cls.rank)
    except WrongValue as wrong:
        message = f"`{field.name}` takes {wrong.expected}, not {value!r}"
        if wrong.out_of_range:
            raise refusal(BAD_ARGUMENT, message, argument=field.name) from None
        raise SpecError(WRONG_TYPE, message, argument=field.name) from None


def _unknown_argument(cls: type[Layer], name: str) -> SpecError:
    if name in ("device", "dtype"):
        return SpecError(
            UNKNOWN_ARGUMENT,
            f"`{name}` has no place in a spec",
            note="no size depends on it",
            help=f"leave `{name}` out",
            argument=name,
        )
    near = nearest(name, cls.fields)
    return SpecError(
        UNKNOWN_ARGUMENT,
        f"`{cls.__name__}` has no argument `{name}`",
        note=f"the arguments are {signature(cls)}",
        help=f"did you mean `{near}`?" if near else None,
        argument=name,
    )


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


def signature(cls: type[Layer]) -> str:
    """The arguments of a kind as text: `in_channels, out_channels, kernel_size, stride=1, ...`."""
    return ", ".join(name if field.required else f"{name}={field.default!r}" for name, field in cls.fields.items())


def spelt(value: object) -> str:
    """The value as Python text: `repr`, and `float('inf')` for what has no literal."""
    return f"float('{value}')" if isinstance(value, float) and value - value != 0 else repr(value)


def nearest(word: str, words: Mapping[str, object]) -> str | None:
    """The word that was probably meant."""
    import difflib

    by_lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
