"""What a rule is: a file in `rules/` with a docstring, a level, and a function `findings(trace)`.

    LEVEL = "warning"                    # "error", "warning", or "note", which does not fail a check
    PROFILES = ("ae", "vae")             # where it is on; without it everywhere (SHP5xx: nowhere), () is nowhere

    def findings(trace: Trace, *, least: int = 1) -> Iterator[Finding]: ...

Keyword arguments of `findings` are the rule's options. Rules hold no state, and yield what is true of the
trace, symbolic sizes included, in words whose numbers can be measured.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple, cast

from .. import problem
from ..problem import Code
from ..repair.changes import Changes
from . import rules

#: What the codes of the pedantic rules begin with.
PEDANTIC = "SHP5"


class Finding(NamedTuple):
    """What a rule says of node `number` (None: of the whole architecture), with bare facts.

    `argument` is the argument to point at. `labels` say something of other nodes, by number. `repairs` are
    changes that could mend it, the most modest first; none is offered before it has been traced and linted
    again. `keeps_meaning` says that the repairs change nothing that is learned: the first that works is safe.
    `level` is for a finding that weighs less than the rule's others.
    """

    number: int | None
    message: str
    note: str | None = None
    argument: str | None = None
    labels: tuple[tuple[int, str], ...] = ()
    repairs: tuple[Changes, ...] = ()
    keeps_meaning: bool = False
    level: str | None = None


class Rule:
    """A rule's file: its code and name are in the file's name, all else in the file, read when asked for."""

    def __init__(self, code: Code, module: str) -> None:
        self.code, self._module = code, module

    @cached_property
    def _file(self) -> ModuleType:
        return import_module(self._module)

    @property
    def page(self) -> str:
        """The rule's docstring."""
        return self._file.__doc__ or ""

    @property
    def level(self) -> str:
        """The severity of its findings."""
        level: str = getattr(self._file, "LEVEL", "error")
        return level

    @property
    def profiles(self) -> tuple[str, ...] | None:
        """The profiles in which it is on: None stands for all of them, () for none.

        The pedantic rules, SHP5xx, are on in none, which is known without reading them.
        """
        if self.code.id.startswith(PEDANTIC):
            return ()
        profiles: tuple[str, ...] | None = getattr(self._file, "PROFILES", None)
        return profiles

    @property
    def findings(self) -> Callable[..., Iterable[Finding]]:
        """The rule itself."""
        findings: Any = getattr(self._file, "findings", None)
        return cast("Callable[..., Iterable[Finding]]", findings)

    @property
    def options(self) -> dict[str, Any]:
        """Its options and their defaults."""
        return dict(getattr(self.findings, "__kwdefaults__", None) or {})

    @property
    def is_found_by_lint(self) -> bool:
        """Whether `findings` finds it; otherwise the engine does."""
        return self.code.id not in engine_codes()

    def is_default(self, profile: str) -> bool:
        """Whether it is on for an architecture of this profile when nothing is said."""
        return self.profiles is None or profile in self.profiles

    def __repr__(self) -> str:
        return f"<Rule {self.code.id} {self.code.name}>"


class Rules(Mapping[str, Rule]):
    """Every rule by its code; `find` takes a name or the beginning of a code as well."""

    @property
    def _known(self) -> dict[str, Rule]:
        return _rules()

    def __getitem__(self, code: str) -> Rule:
        return self._known[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def find(self, selector: str) -> list[Rule]:
        """The rules that a code (`SHP302`), its beginning (`SHP3`), a name or `ALL` stands for.

        >>> [rule.code.name for rule in RULES.find("never-read-input")]
        ['never-read-input']
        """
        if selector == "ALL":
            return list(self.values())
        return [rule for rule in self.values() if matches(selector, rule.code)]


#: Every rule by its code.
RULES = Rules()


def matches(selector: str, code: Code) -> bool:
    """Whether a selector (a code, its beginning, a name, `ALL`) stands for the code.

    >>> matches("SHP1", problem.TOO_SMALL), matches("kernel-over-input", problem.TOO_SMALL)
    (True, True)
    """
    is_prefix = selector[:3].upper() == "SHP" and code.id.startswith(selector.upper())
    return selector == "ALL" or is_prefix or selector == code.name


@cache
def _rules() -> dict[str, Rule]:
    files = sorted(file[:-3] for file in os.listdir(rules.__path__[0]) if file.startswith("shp"))
    found = {}
    for file in files:
        id, _, name = file.partition("_")
        code = Code(id.upper(), name.replace("_", "-"))
        found[code.id] = Rule(code, f"{rules.__name__}.{file}")
    return found


@cache
def engine_codes() -> dict[str, Code]:
    """The codes that the reader, the trace and the contract find, by their id."""
    return {value.id: value for value in vars(problem).values() if isinstance(value, Code)}
