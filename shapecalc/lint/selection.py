"""Which rules are on: the defaults of the architecture's profile, what is selected and what is ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..problem import MALFORMED_SUPPRESSION, UNUSED_SUPPRESSION, Code
from ..trace import Trace
from .profile import profile_of
from .rule import RULES, Finding, Rule, matches

#: The bare findings in a trace, each with its rule.
Finder = Callable[[Trace], Iterator[tuple[Rule, Finding]]]

_OF_COMMENTS = (UNUSED_SUPPRESSION, MALFORMED_SUPPRESSION)


class Selection(NamedTuple):
    """What is asked of the linter.

    `select` replaces the rules that are on by default, `extend` adds to them, `ignore` takes away; of those
    that name a rule the longest selector decides, and the later list where two are as long. Selectors are
    codes (`SHP302`), their beginnings (`SHP3`), names (`never-read-input`, which count as long as a code) and `ALL`.
    `profile` is that of the architecture unless given. `options` holds the rules' options, by the rules' names.
    """

    select: Sequence[str] | None = None
    extend: Sequence[str] = ()
    ignore: Sequence[str] = ()
    profile: str | None = None
    options: Mapping[str, Mapping[str, Any]] = {}

    def rules(self, profile: str) -> Iterable[Rule]:
        """The rules of the linter that are on for an architecture of this profile."""
        return (rule for rule in RULES.values() if rule.is_found_by_lint and self.is_on(rule, profile))

    def finder(self, trace: Trace) -> Finder:
        """What lists the bare findings of every rule that is on for this trace, in it and in its changed versions."""
        rules = tuple(self.rules(self.profile or profile_of(trace)))

        def findings(trace: Trace) -> Iterator[tuple[Rule, Finding]]:
            for rule in rules:
                for finding in rule.findings(trace, **self.options.get(rule.code.name, {})):
                    yield rule, finding

        return findings

    def is_on(self, rule: Rule, profile: str) -> bool:
        """Whether a rule of the linter is on for an architecture of this profile."""
        ignored = _specificity(self.ignore, rule.code)
        wanted = max(_specificity(self.select or (), rule.code), _specificity(self.extend, rule.code))
        if wanted or ignored:
            return wanted > ignored
        return self.select is None and rule.is_default(profile)

    def asks_for(self, code: Code) -> bool:
        """Whether the code was selected by itself, by its beginning or by its name."""
        return bool(_specificity((*(self.select or ()), *self.extend), code))

    def ignores(self, code: Code) -> bool:
        """Whether a problem that the engine found is not to be shown. What torch refuses is always shown."""
        if code.id < "SHP2" or (code.id >= "SHP9" and code not in _OF_COMMENTS):
            return False
        wanted = max(_specificity(self.select or (), code), _specificity(self.extend, code))
        return _specificity(self.ignore, code) >= max(wanted, 1)


def _specificity(selectors: Iterable[str], code: Code) -> int:
    """How exactly the most exact of the selectors that name the code does so; 0 where none does."""
    return max((_exactness(selector, code) for selector in selectors if matches(selector, code)), default=0)


def _exactness(selector: str, code: Code) -> int:
    return 1 if selector == "ALL" else 1 + len(code.id if selector == code.name else selector)
