"""Sorts of arguments: one class each, from which reading, the schema and the tests' samples come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random


class Infer:
    """The value `_`: a number that the trace takes from the input."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "_"


class Batch:
    """The value `N`: the batch size of the network's input, usable where a tensor's shape is spelt."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "N"


# typed Any, so that a layer's field keeps the type that it has once the trace knows the number
INFER: Any = Infer()
BATCH: Any = Batch()


class WrongValue(Exception):
    """A value that a field does not take; `expected` says what it takes."""

    def __init__(self, expected: str, out_of_range: bool = False) -> None:
        super().__init__(expected)
        self.expected = expected
        self.out_of_range = out_of_range


def is_integer(value: object, low: int | None = None) -> bool:
    """Whether `value` is an integer of at least `low`, and no bool (torch would take `True` as a kernel of 1)."""
    return isinstance(value, int) and not isinstance(value, bool) and (low is None or value >= low)


def integer_schema(low: int | None) -> dict[str, object]:
    """JSON Schema of an integer of at least `low`."""
    return {"type": "integer"} if low is None else {"type": "integer", "minimum": low}


class Sort:
    """One sort of argument."""

    expected = "a value"
    #: whether None is taken as well
    optional = False
    #: the input axis that `_` stands for, and which input it is read from
    axis: int | None = None
    source = 0

    def describe(self, rank: int) -> str:
        """What the argument takes, for messages: "an integer of at least 1"."""
        return self.expected + " or None" * self.optional

    def is_word(self, value: object) -> bool:
        """Whether the value is None or `_`, and taken."""
        return (value is None and self.optional) or (value is INFER and self.axis is not None)

    def wrong(self, value: object, rank: int) -> WrongValue:
        """The error for a value that is not taken; of integers some would be."""
        return WrongValue(self.describe(rank), out_of_range=is_integer(value))

    def either(self, *choices: dict[str, object]) -> dict[str, object]:
        """JSON Schema of one of these, or of the words that are taken."""
        words = [{"const": "_"}] * (self.axis is not None) + [{"type": "null"}] * self.optional
        return {"anyOf": [*choices, *words]} if words or len(choices) > 1 else choices[0]

    def read(self, value: object, rank: int) -> object:
        """`value` as the layer keeps it; `WrongValue` when it is none of this sort."""
        raise NotImplementedError

    def schema(self, rank: int) -> dict[str, object]:
        """JSON Schema (draft-07) of the argument's literal values."""
        raise NotImplementedError

    def sample(self, random: Random, rank: int) -> object:
        """A value to test with; mostly legal."""
        raise NotImplementedError


class Integer(Sort):
    """An integer, at least `low`. `axis` names the input axis that `_` is read from."""

    def __init__(
        self,
        low: int | None = None,
        high: int = 6,
        axis: int | None = None,
        source: int = 0,
        optional: bool = False,
    ) -> None:
        self.low, self.high, self.axis, self.source, self.optional = low, high, axis, source, optional
        self.expected = "an integer" if low is None else f"an integer of at least {low}"

    def read(self, value: object, rank: int) -> object:
        if not is_integer(value, self.low) and not self.is_word(value):
            raise self.wrong(value, rank)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        return self.either(integer_schema(self.low))

    def sample(self, random: Random, rank: int) -> object:
        if self.optional and random.random() < 0.3:
            return None
        low = -3 if self.low is None else self.low
        return random.randint(low, self.high)


class Ints(Sort):
    """An integer for every spatial axis, or a tuple with one for each.

    `words` are strings allowed instead (`padding='same'`), `optional` allows None, `single` a tuple of
    one where torch broadcasts it, and `holes` None inside the tuple (adaptive pools).
    """

    def __init__(
        self,
        low: int | None = None,
        high: int = 4,
        words: tuple[str, ...] = (),
        optional: bool = False,
        single: bool = False,
        holes: bool = False,
    ) -> None:
        self.low, self.high, self.words = low, high, words
        self.optional, self.single, self.holes = optional, single, holes

    def describe(self, rank: int) -> str:
        at_least = "" if self.low is None else f" of at least {self.low}"
        what = f"an integer{at_least} or a tuple of {rank}"
        what += "".join(f", '{word}'" for word in self.words)
        what += ", with None for an axis that keeps its size" if self.holes else ""
        return what + (" or None" if self.optional else "")

    def read(self, value: object, rank: int) -> object:
        if not isinstance(value, (tuple, list)):
            if not is_integer(value, self.low) and not self.is_word(value):
                raise self.wrong(value, rank)
            return value
        if len(value) != rank and not (self.single and len(value) == 1):
            raise WrongValue(self.describe(rank))
        for item in value:
            if not is_integer(item, self.low) and not (item is None and self.holes):
                raise self.wrong(item, rank)
        return tuple(value)

    def is_word(self, value: object) -> bool:
        return super().is_word(value) or (isinstance(value, str) and value in self.words)

    def schema(self, rank: int) -> dict[str, object]:
        one = integer_schema(self.low)
        item: dict[str, object] = {"anyOf": [one, {"type": "null"}]} if self.holes else one
        fewest = 1 if self.single else rank
        choices: list[dict[str, object]] = [
            one,
            {"type": "array", "items": item, "minItems": fewest, "maxItems": rank},
        ]
        choices += [{"enum": list(self.words)}] if self.words else []
        return self.either(*choices)

    def sample(self, random: Random, rank: int) -> object:
        low = -2 if self.low is None else self.low
        if self.words and random.random() < 0.25:
            return random.choice(self.words)
        if self.optional and random.random() < 0.2:
            return None
        if random.random() < 0.5:
            return random.randint(low, self.high)
        if self.single and random.random() < 0.1:
            return (random.randint(low, self.high),)
        return tuple(
            None if self.holes and random.random() < 0.2 else random.randint(low, self.high)
            for _ in range(rank)
        )


class Numbers(Sort):
    """A tuple (or list) of integers of any length up to `most`, or one integer where `scalar` allows it."""

    def __init__(
        self,
        low: int | None = None,
        most: int = 8,
        scalar: bool = True,
        optional: bool = False,
        axis: int | None = None,
        high: int = 4,
    ) -> None:
        self.low, self.high, self.most = low, high, most
        self.scalar, self.optional, self.axis = scalar, optional, axis
        at_least = "" if low is None else f" of at least {low}"
        self.expected = "an integer or " * scalar + f"a tuple of integers{at_least}"

    def read(self, value: object, rank: int) -> object:
        if self.is_word(value):
            return value
        if isinstance(value, list):
            value = tuple(value)
        items = value if isinstance(value, tuple) else (value,)
        if (items is not value and not self.scalar) or len(items) > self.most:
            raise WrongValue(self.describe(rank))
        for item in items:
            if not is_integer(item, self.low):
                raise self.wrong(item, rank)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        one = integer_schema(None)
        return self.either({"type": "array", "items": one, "maxItems": self.most}, *[one] * self.scalar)

    def sample(self, random: Random, rank: int) -> object:
        low = -3 if self.low is None else self.low
        if self.optional and random.random() < 0.3:
            return None
        if self.scalar and random.random() < 0.5:
            return random.randint(low, self.high)
        return tuple(random.randint(low, self.high) for _ in range(random.randint(1, min(self.most, 4))))


class Real(Sort):
    """A number, from `low` to `high`; `optional` allows None."""

    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        optional: bool = False,
        samples: tuple[float, ...] = (0.1, 0.5),
    ) -> None:
        self.low, self.high, self.optional, self.samples = low, high, optional, samples
        limits = "" if low is None else f" of at least {low}" if high is None else f" from {low} to {high}"
        self.expected = f"a number{limits}"

    def read(self, value: object, rank: int) -> object:
        if value is None and self.optional:
            return None
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise WrongValue(self.describe(rank))
        below = self.low is not None and not value >= self.low
        if below or (self.high is not None and not value <= self.high):
            raise WrongValue(self.describe(rank), out_of_range=True)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        number: dict[str, object] = {"type": "number"}
        number |= {} if self.low is None else {"minimum": self.low}
        number |= {} if self.high is None else {"maximum": self.high}
        return self.either(number)

    def sample(self, random: Random, rank: int) -> object:
        return None if self.optional and random.random() < 0.2 else random.choice(self.samples)


class Flag(Sort):
    """True or False (0 and 1 are taken for them, as torch takes them)."""

    expected = "True or False"

    def __init__(self, optional: bool = False) -> None:
        self.optional = optional

    def read(self, value: object, rank: int) -> object:
        if value is None and self.optional:
            return None
        if isinstance(value, bool) or (type(value) is int and value in (0, 1)):
            return bool(value)
        raise WrongValue(self.describe(rank))

    def schema(self, rank: int) -> dict[str, object]:
        return {"type": ["boolean", "null"] if self.optional else "boolean"}

    def sample(self, random: Random, rank: int) -> object:
        return random.random() < 0.5


class Choice(Sort):
    """One of a few strings."""

    def __init__(self, *words: str, optional: bool = False) -> None:
        self.words, self.optional = words, optional
        self.expected = "one of " + ", ".join(f"'{word}'" for word in words)

    def read(self, value: object, rank: int) -> object:
        if (value is None and self.optional) or (isinstance(value, str) and value in self.words):
            return value
        raise WrongValue(self.describe(rank), out_of_range=isinstance(value, str))

    def schema(self, rank: int) -> dict[str, object]:
        return {"enum": [*self.words, None] if self.optional else list(self.words)}

    def sample(self, random: Random, rank: int) -> object:
        return None if self.optional and random.random() < 0.3 else random.choice(self.words)


class Nothing(Sort):
    """None alone: an argument of torch that a spec cannot hold (a tensor, a module, a process group)."""

    expected = "None, as a spec holds no tensors or modules"

    def read(self, value: object, rank: int) -> object:
        if value is not None:
            raise WrongValue(self.expected)
        return None

    def schema(self, rank: int) -> dict[str, object]:
        return {"type": "null"}

    def sample(self, random: Random, rank: int) -> object:
        return None
