"""From a call's arguments to a kind's field values, bound and checked as torch's constructor binds them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .problem import BAD_ARGUMENT, MISSING_ARGUMENT, UNKNOWN_ARGUMENT, WRONG_TYPE, SpecError, refusal
from .registry import nearest
from .sorts import Sort, WrongValue

if TYPE_CHECKING:
    from .layer import Layer

_ABSENT: Any = object()


class Field(NamedTuple):
    """One argument of a kind."""

    name: str
    sort: Sort
    default: Any

    @property
    def required(self) -> bool:
        return self.default is _ABSENT


def own_fields(cls: type[Layer]) -> Iterator[tuple[str, Field]]:
    """The fields that the class body itself annotates, in its order."""
    names = vars(sys.modules[cls.__module__])
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():
        if annotation.startswith("ClassVar"):
            continue
        yield name, Field(name, names[annotation].__metadata__[0], cls.__dict__.get(name, _ABSENT))


def bind(cls: type[Layer], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
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


def signature(cls: type[Layer]) -> str:
    """The arguments of a kind as text: `in_channels, out_channels, kernel_size, stride=1, ...`."""
    return ", ".join(
        name if field.required else f"{name}={field.default!r}" for name, field in cls.fields.items()
    )


def spelt(value: object) -> str:
    """The value as Python text: `repr`, and `float('inf')` for what has no literal."""
    return f"float('{value}')" if isinstance(value, float) and value - value != 0 else repr(value)
