"""Selectors as people write them: in lists with commas, checked against the codes and names that there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from ..arch import PROFILES
from ..problem import Code
from ..registry import nearest
from .rule import RULES, engine_codes, matches
from .selection import Selection


@cache
def known_codes() -> dict[str, Code]:
    """Every code by its id: those of the rules and those of the engine, in order."""
    codes = engine_codes() | {id: rule.code for id, rule in RULES.items()}
    return dict(sorted(codes.items()))


@cache
def named(selector: str) -> tuple[Code, ...]:
    """The codes that a selector stands for.

    >>> named("never-read"), [code.id for code in named("SHP90")][:2]
    ((), ['SHP901', 'SHP902'])
    """
    return tuple(code for code in known_codes().values() if matches(selector, code))


def split(texts: Iterable[str]) -> list[str]:
    """Selectors out of texts with commas.

    >>> split(["SHP3, SHP401", "uneven-overlap"])
    ['SHP3', 'SHP401', 'uneven-overlap']
    """
    return [part.strip() for text in texts for part in text.split(",")]


@cache
def refused(selector: str) -> str | None:
    """Why the selector stands for nothing; None where it stands for something.

    >>> refused("folded-bacth")
    'no rule is called `folded-bacth`; did you mean `folded-batch`?'
    """
    if named(selector):
        return None
    words = [word for code in known_codes().values() for word in code]
    meant = nearest(selector, words)
    if selector[:3].upper() == "SHP" and selector[3:].isdigit():
        return f"no rule's code begins with `{selector}`"
    return f"no rule is called `{selector}`" + (f"; did you mean `{meant}`?" if meant else "")


def selection(
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    profile: str | None = None,
    extend: Sequence[str] = (),
) -> Selection:
    """The selection of these selectors. Raises `ValueError` where one of them, or the profile, is not known."""
    for selector in (*(select or ()), *ignore, *extend):
        if wrong := refused(selector):
            raise ValueError(wrong)
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"no profile is called `{profile}`; there are {', '.join(PROFILES)}")
    return Selection(select, extend, ignore, profile)
