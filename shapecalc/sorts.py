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


def is_int(value: object) -> bool:
    """Whether `value` is an integer and no bool (torch would take `True` as a kernel of 1)."""
    return type(value) is int


class Sort:
    """One sort of argument."""

    expected = "a value"
    #: the input axis that `_` stands for, and which input it is read from
    axis: int | None = None
    source = 0

    def describe(self, rank: int) -> str:
        """What the argument takes, for messages: "an integer of at least 1"."""
        return self.expected

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
        what = "an integer" if low is None else f"an integer of at least {low}"
        self.expected = what + (" or None" if optional else "")

    def read(self, value: object, rank: int) -> object:
        if value is None and self.optional:
            return None
        if value is INFER and self.axis is not None:
            return value
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongValue(self.expected)
        if self.low is not None and value < self.low:
            raise WrongValue(self.expected, out_of_range=True)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        number: dict[str, object] = {"type": "integer"}
        if self.low is not None:
            number["minimum"] = self.low
        choices = [number]
        choices += [{"const": "_"}] if self.axis is not None else []
        choices += [{"type": "null"}] if self.optional else []
        return {"anyOf": choices} if len(choices) > 1 else number

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
        if isinstance(value, list):
            value = tuple(value)
        if value is None and self.optional:
            return None
        if isinstance(value, str) and value in self.words:
            return value
        items = value if isinstance(value, tuple) else (value,)
        if isinstance(value, tuple) and len(items) != rank and not (self.single and len(items) == 1):
            raise WrongValue(self.describe(rank))
        for item in items:
            if item is None and self.holes and isinstance(value, tuple):
                continue
            if not isinstance(item, int) or isinstance(item, bool):
                raise WrongValue(self.describe(rank))
            if self.low is not None and item < self.low:
                raise WrongValue(self.describe(rank), out_of_range=True)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        one: dict[str, object] = {"type": "integer"}
        if self.low is not None:
            one["minimum"] = self.low
        item = {"anyOf": [one, {"type": "null"}]} if self.holes else one
        fewest = 1 if self.single else rank
        choices: list[dict[str, object]] = [
            one,
            {"type": "array", "items": item, "minItems": fewest, "maxItems": rank},
        ]
        choices += [{"enum": list(self.words)}] if self.words else []
        choices += [{"type": "null"}] if self.optional else []
        return {"anyOf": choices}

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
        self.low, self.most, self.scalar, self.optional, self.axis, self.high = (
            low,
            most,
            scalar,
            optional,
            axis,
            high,
        )
        at_least = "" if low is None else f" of at least {low}"
        self.expected = ("an integer or " if scalar else "") + f"a tuple of integers{at_least}"
        self.expected += " or None" if optional else ""

    def read(self, value: object, rank: int) -> object:
        if isinstance(value, list):
            value = tuple(value)
        if value is None and self.optional:
            return None
        if value is INFER and self.axis is not None:
            return value
        items = value if isinstance(value, tuple) else (value,)
        if (not isinstance(value, tuple) and not self.scalar) or len(items) > self.most:
            raise WrongValue(self.expected)
        for item in items:
            if not isinstance(item, int) or isinstance(item, bool):
                raise WrongValue(self.expected)
            if self.low is not None and item < self.low:
                raise WrongValue(self.expected, out_of_range=True)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        one: dict[str, object] = {"type": "integer"}
        choices: list[dict[str, object]] = [{"type": "array", "items": one, "maxItems": self.most}]
        choices += [one] if self.scalar else []
        choices += [{"const": "_"}] if self.axis is not None else []
        choices += [{"type": "null"}] if self.optional else []
        return {"anyOf": choices}

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
        self.expected = f"a number{limits}" + (" or None" if optional else "")

    def read(self, value: object, rank: int) -> object:
        if value is None and self.optional:
            return None
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise WrongValue(self.expected)
        below = self.low is not None and not value >= self.low
        if below or (self.high is not None and not value <= self.high):
            raise WrongValue(self.expected, out_of_range=True)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        number: dict[str, object] = {"type": "number"}
        number |= {} if self.low is None else {"minimum": self.low}
        number |= {} if self.high is None else {"maximum": self.high}
        return {"anyOf": [number, {"type": "null"}]} if self.optional else number

    def sample(self, random: Random, rank: int) -> object:
        return None if self.optional and random.random() < 0.2 else random.choice(self.samples)


class Flag(Sort):
    """True or False (0 and 1 are taken for them, as torch takes them)."""

    def __init__(self, optional: bool = False) -> None:
        self.optional = optional
        self.expected = "True or False" + (" or None" if optional else "")

    def read(self, value: object, rank: int) -> object:
        if value is None and self.optional:
            return None
        if isinstance(value, bool) or (is_int(value) and value in (0, 1)):
            return bool(value)
        raise WrongValue(self.expected)

    def schema(self, rank: int) -> dict[str, object]:
        return {"type": ["boolean", "null"] if self.optional else "boolean"}

    def sample(self, random: Random, rank: int) -> object:
        return random.random() < 0.5


class Choice(Sort):
    """One of a few strings."""

    def __init__(self, *words: str, optional: bool = False) -> None:
        self.words, self.optional = words, optional
        self.expected = (
            "one of " + ", ".join(f"'{word}'" for word in words) + (" or None" if optional else "")
        )

    def read(self, value: object, rank: int) -> object:
        if (value is None and self.optional) or (isinstance(value, str) and value in self.words):
            return value
        raise WrongValue(self.expected, out_of_range=isinstance(value, str))

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
