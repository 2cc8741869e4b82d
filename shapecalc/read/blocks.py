"""Lists of layers to nodes: names, nested blocks, repeats, joins.

Paths are torch's: an item's number, or its name, under its block's. `x` is what the layer above returns and
`input` what the network was given, unless a layer is called so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arch import INPUT, Insertion, Node, Origin
from ..fields import BATCH
from ..layer import KINDS, Layer, build, nearest
from ..problem import (
    DUPLICATE_NAME,
    EMPTY_FILE,
    LIMIT,
    UNKNOWN_ARGUMENT,
    UNKNOWN_KEY,
    UNKNOWN_NAME,
    WRONG_TYPE,
    SpecError,
)
from . import tree
from .call import parse_call
from .layer_text import kind_called
from .values import Given, call_argument, yaml_value

MOST_LAYERS = 200_000

class Written:
    """A layer as written once; a repeat makes several nodes of it."""

    __slots__ = ("given", "kind", "layer", "origin", "sources")

    def __init__(self, kind: type[Layer], given: list[Given], sources: list[tuple[str | None, Given]], origin: Origin):
        self.kind, self.given, self.sources, self.origin = kind, given, sources, origin
        args = [each.value for each in given if each.name is None]
        kwargs = {each.name: each.value for each in given if each.name is not None}
        try:
            self.layer = build(kind, args, kwargs)
        except SpecError as error:
            place = origin.argument(error.problem.argument)
            problem = error.problem
            raise SpecError(problem.code, problem.message, place, problem.note, problem.help) from None


class Blocks:
    """Reads sections one after another; `nodes` grows."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names: Mapping[str, Any] = {"N": BATCH, **names}
        self.nodes: list[Node] = []
        self.last = INPUT
        self.outputs: dict[str, int] = {}  # what each path returns, as a source
        self.paths_by_name: dict[str, list[str]] = {}
        self.written: dict[int, Written] = {}

    def section(self, name: str, node: tree.Node) -> None:
        """One of the file's sections."""
        self._block(name, node, f"`{name}`")

    def _block(self, path: str, node: tree.Node, what: str) -> None:
        if not isinstance(node, tree.Sequence):
            raise SpecError(
                WRONG_TYPE, f"{what} is a list of layers", node.place, help="write each layer on a line that starts with `- `"
            )
        if not node.items:
            raise SpecError(EMPTY_FILE, f"{what} has no layers", node.place)
        for number, item in enumerate(node.items):
            self._item(path, str(number), item)

    def _item(self, block: str, name: str, node: tree.Node) -> None:
        """An item of a list: a layer, a named item, a repeat, or a block."""
        if isinstance(node, tree.Scalar):
            self._layer(f"{block}.{name}", node)
        elif isinstance(node, tree.Sequence):
            self._block(f"{block}.{name}", node, "a block")
            self._remember(f"{block}.{name}")
        elif isinstance(node, tree.Mapping):
            self._mapping(block, name, node)

    def _mapping(self, block: str, name: str, node: tree.Mapping) -> None:
        keys = [key.text for key, _ in node.pairs]
        if "repeat" in keys:
            self._repeat(f"{block}.{name}", node)
        elif len(keys) != 1:
            raise _not_one_key(node)
        elif keys[0] in KINDS:
            self._layer(f"{block}.{name}", node)
        else:
            self._named(block, *node.pairs[0])

    def _named(self, block: str, key: tree.Scalar, value: tree.Node) -> None:
        name = key.text
        if _is_meant_as_kind(name, value):
            kind_called(name, key.place)
        if not name.isidentifier():
            raise SpecError(WRONG_TYPE, f"`{name[:60]}` is no name: letters, digits and _ only", key.place)
        if f"{block}.{name}" in self.outputs:
            raise SpecError(
                DUPLICATE_NAME, f"the name `{name}` is used twice in `{block}`", key.place, help="give one another name"
            )
        if isinstance(value, tree.Scalar) and not value.text.strip():
            raise SpecError(WRONG_TYPE, f"`{name}` has no layer", value.place)
        if isinstance(value, tree.Mapping) and not any(known in KINDS or known == "repeat" for known in _keys(value)):
            if len(value.pairs) != 1:
                raise _not_one_key(value)
            kind_called(value.pairs[0][0].text, value.pairs[0][0].place)
        self._item(block, name, value)
        self.paths_by_name.setdefault(name, []).append(f"{block}.{name}")

    def _repeat(self, path: str, node: tree.Mapping) -> None:
        """`{repeat: 3, layers: [...]}`: each time a block of its own, as `Sequential` in a `Sequential`."""
        pairs = {key.text: (key, value) for key, value in node.pairs}
        for key in pairs:
            if key not in ("repeat", "layers"):
                raise SpecError(UNKNOWN_KEY, f"a repeat has `repeat` and `layers`, not `{key}`", pairs[key][0].place)
        if "layers" not in pairs:
            raise SpecError(UNKNOWN_KEY, "a repeat needs `layers`", node.place)
        times = yaml_value(pairs["repeat"][1], self.names).value
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise SpecError(WRONG_TYPE, f"`repeat` is an integer of at least 1, not {times!r}", pairs["repeat"][1].place)
        if times > MOST_LAYERS:
            raise SpecError(LIMIT, f"a repeat of {times} is over the limit of {MOST_LAYERS} layers", pairs["repeat"][1].place)
        for turn in range(times):
            self._block(f"{path}.{turn}", pairs["layers"][1], "`layers`")
            self._remember(f"{path}.{turn}")
        self._remember(path)

    def _layer(self, path: str, node: tree.Node) -> None:
        if len(self.nodes) >= MOST_LAYERS:
            raise SpecError(LIMIT, f"the spec has over {MOST_LAYERS} layers", node.place)
        written = self.written.get(id(node))
        if written is None:
            written = self.written[id(node)] = self._from_text(node) if isinstance(node, tree.Scalar) else self._from_yaml(node)
        sources = self._sources(path, written)
        self.nodes.append(Node(path, written.layer, sources, written.origin))
        self.last = len(self.nodes)
        self._remember(path)

    def _remember(self, path: str) -> None:
        self.outputs[path] = self.last

    # -- one layer, in either spelling

    def _from_text(self, node: tree.Scalar) -> Written:
        text, start, end, place_of = node.inside()
        call = parse_call(text, start, end, place_of)
        kind = kind_called(call.kind, place_of(*call.kind_span))
        given = [call_argument(arg, self.names, place_of, takes_layer(kind, arg.name)) for arg in call.args]
        if node.offset is None:
            return self._written(kind, given, Origin(call.span, call.kind_span, {}, place_of, editable=False))
        if call.args:
            insertion = Insertion((call.args[-1].span[1],) * 2, ", ", "=")
        elif call.span[1] > call.kind_span[1]:
            insertion = Insertion((text.index("(", call.kind_span[1]) + 1,) * 2, "", "=")
        else:
            insertion = Insertion((call.kind_span[1],) * 2, "(", "=", ")")
        return self._written(kind, given, Origin(call.span, call.kind_span, {}, place_of, insertion))

    def _from_yaml(self, node: tree.Node) -> Written:
        """`Kind: {argument: value}`, `Kind: [positional]`, `Kind: value` or `Kind:`."""
        assert isinstance(node, tree.Mapping)
        key, value = node.pairs[0]
        insertion = None
        if isinstance(value, tree.Mapping):
            given = [yaml_value(item, self.names, name.text) for name, item in value.pairs]
            if given and value.source.text[value.start : value.start + 1] == "{":
                insertion = Insertion((given[-1].span[1],) * 2, ", ", ": ")
        elif isinstance(value, tree.Sequence):
            given = [yaml_value(item, self.names) for item in value.items]
        else:
            given = [yaml_value(value, self.names)] if isinstance(value, tree.Scalar) and value.text.strip() else []
        origin = Origin((node.start, node.end), (key.start, key.end), {}, node.source.place, insertion, in_yaml=True)
        return self._written(KINDS[key.text], given, origin)

    def _written(self, kind: type[Layer], given: list[Given], origin: Origin) -> Written:
        """Arguments and sources told apart; each argument's place under its name."""
        arguments: list[Given] = []
        sources: list[tuple[str | None, Given]] = []
        for each in given:
            if each.word is not None and each.word not in self.names and takes_layer(kind, each.name):
                if each.name in kind.fields and not self._is_layer(each.word):
                    arguments.append(each)
                else:
                    sources.append((each.name, each))
            else:
                arguments.append(each)
        positional = iter(kind.fields)
        places = {each.name or next(positional, ""): each.span for each in arguments}
        return Written(kind, arguments, sources, origin._replace(arguments=places))

    # -- names of earlier layers

    def _sources(self, path: str, written: Written) -> tuple[int, ...]:
        """The nodes that a layer reads: those it names, and the one above for what it does not name."""
        if not written.sources:
            return (self.last,)
        found = [(name, self._find(path, given, written.origin)) for name, given in written.sources]
        names = written.kind.inputs
        if names[0].startswith("*"):
            joined = tuple(source for _, source in found)
            return joined if len(joined) > 1 else (self.last, *joined)
        free = iter([name for name in names if name not in dict(found)])
        by_name = {name or next(free, ""): source for name, source in found}
        if "" in by_name:
            raise SpecError(UNKNOWN_ARGUMENT, f"`{written.kind.__name__}` reads {len(names)} layers at most", written.origin.place)
        by_name.setdefault(names[0], self.last)
        return tuple(by_name[name] for name in names if name in by_name)

    def _is_layer(self, word: str) -> bool:
        return word in self.paths_by_name or word in ("x", "input")

    def _find(self, path: str, given: Given, origin: Origin) -> int:
        """The source called `word`, looked for in this block, then outwards, then anywhere if it is the only one."""
        word = given.word or ""
        scope = path
        while scope:
            scope = scope.rpartition(".")[0]
            known = self.outputs.get(f"{scope}.{word}" if scope else word)
            if known is not None:
                return known
        paths = self.paths_by_name.get(word, [])
        if len(paths) == 1:
            return self.outputs[paths[0]]
        if word in ("x", "input") and not paths:
            return self.last if word == "x" else INPUT
        place = origin.place_of(*given.span)
        if paths:
            raise SpecError(UNKNOWN_NAME, f"`{word}` could be any of {', '.join(f'`{each}`' for each in paths[:5])}", place)
        near = nearest(word, self.paths_by_name)
        help = f"did you mean `{near}`?" if near else "a join reads layers above it, by their names"
        raise SpecError(UNKNOWN_NAME, f"no layer above is called `{word[:60]}`", place, help=help)


def takes_layer(kind: type[Layer], argument: str | None) -> bool:
    """Whether a word in this argument (None: a positional one) may be an earlier layer's name."""
    if argument is None:
        return kind.functional or kind.inputs[0].startswith("*")
    return argument in kind.inputs


def _keys(node: tree.Mapping) -> list[str]:
    return [key.text for key, _ in node.pairs]


def _is_meant_as_kind(name: str, value: tree.Node) -> bool:
    """Whether a key that is no kind looks like a mistyped one: its value is no layer, but arguments."""
    if isinstance(value, tree.Mapping):
        return not any(key in KINDS or key == "repeat" for key in _keys(value)) and bool(nearest(name, KINDS))
    if isinstance(value, tree.Sequence):
        return bool(value.items) and all(
            isinstance(item, tree.Scalar) and not isinstance(tree.resolve(item), str) for item in value.items
        )
    return isinstance(value, tree.Scalar) and not isinstance(tree.resolve(value), str) and bool(nearest(name, KINDS))


def _not_one_key(node: tree.Mapping) -> SpecError:
    keys = _keys(node)
    if not keys:
        return SpecError(WRONG_TYPE, "an item is one layer, and this mapping is empty", node.place)
    listed = ", ".join(f"`{key[:30]}`" for key in keys[:4])
    return SpecError(
        UNKNOWN_KEY,
        f"an item is one layer, and this one has {len(keys)} keys ({listed})",
        node.pairs[-1][0].place,
        help="start each layer with `- ` on a line of its own",
    )
