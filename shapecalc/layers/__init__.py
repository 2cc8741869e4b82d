"""Every layer kind, a class each; importing this package lets `KINDS` find them.

The families are the modules of this folder, found by looking, and so are the kinds in them: a new kind is
a new class, a new family a new file, and nothing else. A family is imported when one of its kinds is first
asked for.
"""

from __future__ import annotations

import os
import re
from functools import cache
from importlib import import_module

from ..registry import KINDS

_CLASS = re.compile(rb"^class ([A-Z]\w*)\(", re.MULTILINE)


@cache
def _families() -> tuple[str, ...]:
    files = (file for file in os.listdir(__path__[0]) if file.endswith(".py") and not file.startswith("_"))
    return tuple(sorted(file[:-3] for file in files))


@cache
def _classes(family: str) -> frozenset[str]:
    """The classes that a family's source defines."""
    with open(os.path.join(__path__[0], f"{family}.py"), "rb") as source:
        return frozenset(name.decode() for name in _CLASS.findall(source.read()))


def _look_for(name: str | None) -> None:
    """Import the family of a kind, reading no more sources than it takes to find it; all of them for None."""
    for family in _families():
        if name is None or name in _classes(family):
            import_module(f"{__name__}.{family}")
            if name is not None:
                return


KINDS.look_for = _look_for
