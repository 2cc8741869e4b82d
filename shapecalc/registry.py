"""The registry of layer kinds: every class by its name, imported when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .layer import Layer


class Registry(Mapping[str, "type[Layer]"]):
    """Kinds by name. Defining a class adds it; a name not known yet is looked for among the families.

    `shapecalc.layers` says how to look: importing a family costs a millisecond or so, and most
    architectures use two or three of them.
    """

    def __init__(self) -> None:
        self._known: dict[str, type[Layer]] = {}
        self.look_for: Callable[[str | None], None] = lambda name: None

    def add(self, kind: type[Layer]) -> None:
        """Enter a kind under its name."""
        self._known[kind.__name__] = kind

    def __getitem__(self, name: str) -> type[Layer]:
        if name not in self._known:
            self.look_for(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None

    def get(self, name: Any, default: Any = None) -> Any:
        """The kind, or the default."""
        kind = self._known.get(name)
        if kind is None and isinstance(name, str):
            self.look_for(name)
            kind = self._known.get(name)
        return default if kind is None else kind

    def __iter__(self) -> Iterator[str]:
        self.look_for(None)
        return iter(sorted(self._known))

    def __len__(self) -> int:
        return sum(1 for _ in self)


#: Every kind by its name.
KINDS = Registry()


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that was probably meant.

    >>> nearest("Conv2D", ["Conv1d", "Conv2d", "ReLU"])
    'Conv2d'
    """
    import difflib

    by_lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
