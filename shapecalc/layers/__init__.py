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
def _families() -> dict[str, str]:
    """Which family's source defines a class, by the class's name."""
    families = {}
    for file in os.listdir(__path__[0]):
        if file.endswith(".py") and not file.startswith("_"):
            with open(os.path.join(__path__[0], file), "rb") as source:
                families.update({name.decode(): file[:-3] for name in _CLASS.findall(source.read())})
    return families


def _look_for(name: str | None) -> None:
    """Import the family of a kind; all of them for None."""
    families = _families()
    found = sorted(set(families.values())) if name is None else [families[name]] if name in families else []
    for family in found:
        import_module(f"{__name__}.{family}")


KINDS.look_for = _look_for
