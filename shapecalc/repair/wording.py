"""Changes in words: what a help says is to be done, and where."""

from __future__ import annotations

from ..arch import INPUT, Arch
from ..layer import Layer
from .changes import Change, Changes

#: Of more places than this, the first are named and the others counted.
MOST_PLACES, NAMED = 6, 3


def in_words(arch: Arch, changes: Changes, where: int | None) -> str:
    """The changes as words, seen from node `where`: `padding=1` with "here", "in `decoder.0`", or both."""
    settings: dict[str, list[int]] = {}
    layers: dict[str, list[int]] = {}
    for number, change in changes.items():
        if change.is_structural:
            layers.setdefault(_put_in(arch, number, change), []).append(number)
        else:
            settings.setdefault(_said(arch.nodes[number].layer, change), []).append(number)
    set_to = [text + _places(arch, numbers, where) for text, numbers in settings.items()]
    if len(set_to) + len(layers) > 1:
        set_to = [text if text.endswith("`") else f"{text} here" for text in set_to]
    put = [f"{text} {_named(arch, numbers, where, 'it')}" for text, numbers in layers.items()]
    return _listed(put + set_to)


def _put_in(arch: Arch, number: int, change: Change) -> str:
    """A layer put before or behind a node, or the node taken out, as words that the node's name follows."""
    if change.removed:
        return "without"
    if change.before is None:
        return f"`{change.behind!r}` behind"
    node, (new, read) = arch.nodes[number], change.before
    own, *others = [_read(arch, node.sources[place]) for place in read]
    if others:
        return f"a crop of {own} to the size of {others[0]} before"
    return f"`{new!r}` before" if len(node.sources) == 1 else f"`{new!r}` on {own} before"


def _read(arch: Arch, source: int) -> str:
    return "the input" if source == INPUT else f"`{arch.nodes[source - 1].path}`"


def _said(layer: Layer, change: Change) -> str:
    parts = [f"{name}={value!r}" for name, value in change.arguments.items()]
    if change.kind:
        parts.insert(0, f"`{change.kind}` for `{type(layer).__name__}`")
    return " with ".join([parts[0], ", ".join(parts[1:])] if len(parts) > 1 else parts)


def _places(arch: Arch, numbers: list[int], where: int | None) -> str:
    """Where a change goes, unless it is the place of the problem and nowhere else."""
    if numbers == [where]:
        return ""
    return " " + _named(arch, numbers, where, "here", "in ")


def _named(arch: Arch, numbers: list[int], where: int | None, own: str, before: str = "") -> str:
    """The layers, the one at `where` as `own`; of many the first, and how many more."""
    names = [own if number == where else f"{before}`{arch.nodes[number].path}`" for number in numbers]
    if len(names) <= MOST_PLACES:
        return _listed(names)
    names.sort(key=lambda name: name != own)
    return _listed([*names[:NAMED], f"{before}{len(names) - NAMED} more layers"])


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
