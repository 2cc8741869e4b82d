"""Names of layers: which node a layer reads.

A layer is found by its name or its path, seen from the block that reads it and then from the blocks around
that; a name may stand in any other block, too, where it is the only one of its kind. `x` is what the layer
above returns and `input` what the network was given, unless a layer is called so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..arch import INPUT
from ..layer import KINDS, nearest
from ..problem import MISSING_ARGUMENT, UNKNOWN_ARGUMENT, UNKNOWN_NAME, Place, SpecError
from . import nodes
from .given import Given
from .quote import code
from .value import PlaceOf
from .written import BLOCK, Written

ABOVE, NETWORK_INPUT = "x", "input"


class Outputs:
    """What can be read so far: every layer's and every finished block's output."""

    def __init__(self, sections: Mapping[str, nodes.Node]) -> None:
        self.sections = sections
        self.last = INPUT
        self.by_path: dict[str, int] = {}
        self.by_name: dict[str, list[str]] = {}

    def remember(self, path: str, name: str | None = None) -> None:
        """What stands at `path` returns what the last layer so far returns."""
        self.by_path[path] = self.last
        if name is not None:
            self.by_name.setdefault(name, []).append(path)

    def sources(self, path: str, written: Written) -> tuple[int, ...]:
        """The nodes that a layer reads: those it names, and the one above for what it does not name."""
        if not written.sources:
            return (self.last,)
        kind, place_of = written.kind, written.origin.place_of
        names, title = kind.inputs, kind.__name__
        found = [self.find(path, given, place_of) for given in written.sources]
        if names[0].startswith("*"):
            return tuple(found) if len(found) > 1 else (self.last, *found)
        by_name = {given.name: source for given, source in zip(written.sources, found) if given.name}
        unnamed = [source for given, source in zip(written.sources, found) if not given.name]
        fewest = len(names) - kind.optional_inputs
        if len(unnamed) + len(by_name) == fewest - 1 and names[0] not in by_name:
            unnamed.insert(0, self.last)
        for name, source in zip(names, unnamed):
            if name in by_name:
                raise SpecError(UNKNOWN_ARGUMENT, f"`{title}` is given `{name}` twice", written.origin.place)
            by_name[name] = source
        by_name.setdefault(names[0], self.last)
        wanted = names[: max(map(names.index, by_name)) + 1]
        for name in wanted:
            if name not in by_name:
                message = f"`{title}` needs `{name}`, too, where it is given `{wanted[-1]}`"
                raise SpecError(MISSING_ARGUMENT, message, written.origin.place)
        return tuple([by_name[name] for name in wanted])

    def find(self, path: str, given: Given, place_of: PlaceOf) -> int:
        """The source that the layer at `path` calls so."""
        word = given.word or ""
        for candidate in _candidates(path, word):
            known = self.by_path.get(candidate)
            if known is not None:
                return known
        paths = self.by_name.get(word, ())
        if len(paths) == 1:
            return self.by_path[paths[0]]
        if word in (ABOVE, NETWORK_INPUT) and not paths:
            return self.last if word == ABOVE else INPUT
        place = place_of(*given.span)
        if paths:
            listed = ", ".join(map(code, paths[:4])) + (
                f" and {len(paths) - 4} more" if len(paths) > 4 else ""
            )
            help = f"write the path: {code(paths[-1])}"
            raise SpecError(UNKNOWN_NAME, f"{code(word)} could be any of {listed}", place, help=help)
        raise self._not_above(path, word, place)

    def written_at(self, path: str) -> nodes.Node | None:
        """What the file has at a path; of a name used twice, the first."""
        first, *parts = path.split(".")
        node = self.sections.get(first)
        for part in parts:
            node = node and _child(node, part)
        return node

    def _not_above(self, path: str, word: str, place: Place) -> SpecError:
        """Why the name of a join leads nowhere. Here alone the file is searched for what stands below."""
        for candidate in _candidates(path, word):
            if candidate == path:
                return SpecError(UNKNOWN_NAME, f"{code(word)} cannot read itself", place)
            if path.startswith(candidate + "."):
                return SpecError(
                    UNKNOWN_NAME, f"{code(word)} is not finished here: this layer is a part of it", place
                )
        found = next(filter(None, map(self.written_at, _candidates(path, word))), None)
        found = found or next((key for key in _names(self.sections.values()) if key.text == word), None)
        if found is not None:
            return SpecError(
                UNKNOWN_NAME,
                f"{code(word)} stands below; a join reads only layers above it",
                place,
                note=f"{code(word)} is on line {found.place.line}",
            )
        near = nearest(word, self.by_path if "." in word else {**self.by_name, NETWORK_INPUT: []})
        help = f"did you mean `{near}`?" if near else "a join reads layers above it, by their names"
        return SpecError(UNKNOWN_NAME, f"no layer above is called {code(word)}", place, help=help)


def _candidates(path: str, word: str) -> Iterator[str]:
    """The paths that a word may mean to the layer at `path`, from its own block outwards."""
    while path:
        path = path.rpartition(".")[0]
        yield f"{path}.{word}" if path else word


def name_of(node: nodes.Node) -> nodes.Scalar | None:
    """The name that an item of a list bears, if any."""
    if isinstance(node, nodes.Mapping) and len(node.pairs) == 1:
        key = node.pairs[0][0]
        return key if key.text not in KINDS and key.text not in (BLOCK, "repeat") else None
    return None


def _child(node: nodes.Node, part: str) -> nodes.Node | None:
    """What stands at one component of a path below a block."""
    node = _layers_of(node) or node
    if isinstance(node, nodes.Mapping):  # a repeat, each turn of which is a block
        return next((value for key, value in node.pairs if key.text == "layers" and part.isdecimal()), None)
    if not isinstance(node, nodes.Sequence):
        return None
    for number, item in enumerate(node.items):
        name = name_of(item)
        if part == (str(number) if name is None else name.text):
            return item if name is None else item.pairs[0][1]  # type: ignore[attr-defined]
    return None


def _layers_of(node: nodes.Node) -> nodes.Sequence | None:
    """The list in `Sequential: [...]`."""
    if isinstance(node, nodes.Mapping) and [key.text for key, _ in node.pairs] == [BLOCK]:
        value = node.pairs[0][1]
        return value if isinstance(value, nodes.Sequence) else None
    return None


def _names(sections: Iterable[nodes.Node]) -> Iterator[nodes.Scalar]:
    """Every name in the file. A node that an alias repeats is looked at once."""
    seen: set[int] = set()
    left = list(sections)
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if (name := name_of(node)) is not None:
            yield name
        if isinstance(node, nodes.Sequence):
            left += node.items
        elif isinstance(node, nodes.Mapping):
            left += [value for key, value in node.pairs if name or key.text in ("layers", BLOCK)]
