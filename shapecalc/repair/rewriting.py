"""Changes as edits of the text: only the wanted characters change, and what is read again is what was meant."""

from __future__ import annotations

from collections.abc import Sequence

from ..arch import INPUT, Arch, Node, Origin
from ..layer import Layer
from ..problem import Edit, ShapeError
from .changes import Change, Changes, Inserted, changed, changed_layer
from .edit import edited
from .items import Replacement, item_at

#: What a spec calls the layer above, and the network's input.
ABOVE, NETWORK_INPUT = "x", "input"


def edits(arch: Arch, changes: Changes) -> tuple[Edit, ...] | None:
    """The edits that make the changes; None where there is no text, or where no few edits say it.

    The edited text has been read again: it is the changed architecture, layer by layer and source by source.
    So nothing that somebody refers to by name or by number is taken out, and no list is left empty.
    """
    if arch.text is None or arch.reread is None:
        return None
    found: list[Edit] = []
    for number, change in changes.items():
        own = _edits(arch, number, change)
        if own is None:
            return None
        found += own
    made = tuple(sorted(dict.fromkeys(found)))
    try:
        again, wanted = arch.reread(edited(arch.text, made)), changed(arch, changes).arch
    except ShapeError:
        return None
    return made if _facts(again) == _facts(wanted) else None


def _facts(arch: Arch) -> object:
    return arch.sections, [(node.layer, node.sources) for node in arch.nodes]


def _edits(arch: Arch, number: int, change: Change) -> list[Edit] | None:
    """One change as edits; None where it cannot be said in single edits."""
    origin = arch.nodes[number].origin
    if origin is None or not origin.editable or arch.text is None:
        return None
    if not change.is_structural:
        return _argument_edits(origin, arch.nodes[number].layer, change)
    item = item_at(arch.text, origin.span)
    if item is None:
        return None
    if change.removed:
        return _placed(origin, [item.without()])
    found = _argument_edits(origin, arch.nodes[number].layer, change)
    if found is None:
        return None
    if change.before:
        words = _words(arch.text, arch.nodes[number], origin)
        if words is None:
            return None
        line = _line(change.before.layer, _read(arch.nodes[number], number, words, change.before), origin)
        found += _placed(origin, [item.line_before(line), *_renamed(arch, number, words, change.before)])
    if change.behind:
        found += _placed(origin, [item.line_behind(_line(change.behind, [], origin))])
    return found


def _placed(origin: Origin, replacements: Sequence[Replacement]) -> list[Edit]:
    return [Edit(origin.place_of(*span), text) for span, text in replacements]


def _argument_edits(origin: Origin, layer: Layer, change: Change) -> list[Edit] | None:
    """The kind and the arguments replaced, new arguments put behind the others."""
    if change.kind:
        new = changed_layer(layer, change)
        if not set(origin.arguments) <= set(new.fields):
            return [Edit(origin.place, _line(new, [], origin))]
    found = [Edit(origin.place_of(*origin.kind), change.kind)] if change.kind else []
    added = ""
    for name, value in change.arguments.items():
        text = _yaml(value) if origin.in_yaml else repr(value)
        if name in origin.arguments:
            found.append(Edit(origin.place_of(*origin.arguments[name]), text))
        elif origin.insertion is None:
            return None
        else:
            added += f"{', ' if added else origin.insertion.before}{name}{origin.insertion.between}{text}"
    if added and origin.insertion:
        found.append(Edit(origin.place_of(*origin.insertion.span), added + origin.insertion.after))
    return found


def _words(text: str, node: Node, origin: Origin) -> list[str] | None:
    """What the node's text calls each of its sources; the layer above may be read without a word ("")."""
    written = [text[start:end].strip("\"'") for start, end in origin.sources]
    unsaid = len(node.sources) - len(written)
    return ["", *written][1 - unsaid :] if unsaid in (0, 1) else None


def _read(node: Node, number: int, words: list[str], new: Inserted) -> list[str]:
    """The words by which an inserted layer reads; none where it reads what stands above, alone."""
    if len(new.inputs) == 1 and node.sources[new.inputs[0]] == number:
        return []
    return [words[place] or ABOVE for place in new.inputs]


def _renamed(arch: Arch, number: int, words: list[str], new: Inserted) -> list[Replacement]:
    """The node's words as they must be now that the inserted layer stands above it."""
    node, first = arch.nodes[number], new.inputs[0]
    if not words[first] or node.origin is None:
        return []
    above = NETWORK_INPUT if number == INPUT else _name(arch.nodes[number - 1].path)
    now = [
        ABOVE if place == first else above if word in ("", ABOVE) and source == number else word
        for place, (word, source) in enumerate(zip(words, node.sources))
    ]
    if not words[0]:  # the layer above, so far read without a word, gets one
        words, now = words[1:], [f"{now[0]}, {now[1]}", *now[2:]]
    return [
        Replacement(span, new_word)
        for span, word, new_word in zip(node.origin.sources, words, now)
        if new_word != word
    ]


def _name(path: str) -> str:
    """What a layer in the same block calls the one at `path`."""
    last = path.rpartition(".")[2]
    return path if last.isdecimal() else last


def _line(layer: Layer, sources: Sequence[str], origin: Origin) -> str:
    """A layer in the spelling of its neighbour."""
    kind, positional = type(layer).__name__, type(layer).functional
    given = {
        name: value
        for name, field in layer.fields.items()
        if (value := getattr(layer, name)) != field.default or field.required
    }
    named = [] if positional else list(zip(layer.inputs, sources))
    if origin.in_yaml:
        if positional and sources:
            return f"{kind}: [{', '.join([*sources, *map(_yaml, given.values())])}]"
        parts = [f"{name}: {_yaml(value)}" for name, value in given.items()]
        parts += [f"{name}: {word}" for name, word in named]
        return f"{kind}: {{{', '.join(parts)}}}" if parts else kind
    arguments = repr(layer)[len(kind) + 1 : -1]
    words = list(sources) if positional else [f"{name}={word}" for name, word in named]
    parts = [*words, arguments] if positional else [arguments, *words]
    return f"{kind}({', '.join(filter(None, parts))})"


def _yaml(value: object) -> str:
    """A value as YAML's flow style has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
