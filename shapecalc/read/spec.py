"""The spec reader: a file's text to an Arch, every node with its place.

The text is data. Layers are looked up in the registry and built from literals, the names of `vars` and
`+ - * // ( )`; nothing is evaluated as Python.

A var may be called like a layer's kind, which never stands where a number does, but not like a layer:
`Cat(x, width)` would have two meanings.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from typing import Any

from ..arch import PROFILES, Arch, Contract, Scale, scaled_axes
from ..layer import nearest
from ..problem import BAD_SHAPE, EMPTY_FILE, LIMIT, UNKNOWN_KEY, UNKNOWN_NAME, WRONG_TYPE, Place, SpecError
from ..shapes import Shape, spell, whole_shape
from . import tree
from .blocks import Blocks, check_name
from .given import number
from .joins import ABOVE, NETWORK_INPUT
from .quote import code

SECTIONS = ("encoder", "bottleneck", "decoder", "layers")
KEYS = ("name", "input", "range", "sample", "vars", "profile", *SECTIONS, "output", "latent")


def loads(text: str, path: str | None = None, set: Mapping[str, int | float] | None = None) -> Arch:
    """The architecture that a spec's text describes.

    `set` overrides `vars`. Raises `SpecError` with its place where the text cannot be understood.

    >>> loads("layers: ['Conv2d(1, 8, 3)', ReLU]").nodes[0].layer
    Conv2d(1, 8, 3)
    """
    # What is read has no cycles to collect, and looking for them again and again doubles a large file's time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _Spec(tree.parse(text), set or {}, path).arch()
    finally:
        if collecting:
            gc.enable()


def load(path: str | os.PathLike[str], set: Mapping[str, int | float] | None = None) -> Arch:
    """The architecture in a file. Raises `SpecError`, and `OSError` where the file cannot be read."""
    with open(path, "rb") as file:
        data = file.read()
    return loads(tree.decode(data), os.fspath(path), set)


class _Spec:
    """The top level of a spec file."""

    def __init__(self, parsed: tree.Tree, overrides: Mapping[str, int | float], path: str | None) -> None:
        self.parsed, self.overrides, self.path = parsed, overrides, path
        self.pairs: dict[str, tuple[tree.Scalar | None, tree.Node]]
        root = parsed.root
        if isinstance(root, tree.Sequence):
            self.pairs = {"layers": (None, root)}
        elif isinstance(root, tree.Mapping):
            self.pairs = {key.text: (key, value) for key, value in root.pairs}
        else:
            message = "a spec is a mapping with `layers:`, or with `encoder:` and `decoder:`"
            help = "begin with `layers:` and a list of layers"
            raise SpecError(EMPTY_FILE, message, root.place, help=help)

    def arch(self) -> Arch:
        for key, _ in self.pairs.values():
            if key is not None and key.text not in KEYS:
                raise _unknown_key(key)
        names = self._vars()
        blocks = Blocks(names, {section: self.pairs[section][1] for section in self._sections()})
        sections = {}
        for section in blocks.outputs.sections:
            start = len(blocks.nodes)
            blocks.section(section)
            sections[section] = range(start, len(blocks.nodes))
        return Arch(
            blocks.nodes,
            name=self._text("name", default="Network"),
            input=self._shape("input"),
            input_place=self._place("input"),
            sections=sections,
            contract=self._contract(sections),
            value_range=self._range(),
            sample=self._scales(self._shape("input")),
            profile=self._profile(),
            variables=names,
            text=self.parsed.source,
            path=self.path,
            reread=lambda text: loads(text, self.path, self.overrides),
        )

    def _sections(self) -> list[str]:
        """The sections that the file has, in the order in which data goes through them."""
        found = [section for section in SECTIONS if section in self.pairs]
        if not found:
            help = "add `layers:`, or `encoder:` and `decoder:`, with a list of layers"
            raise SpecError(EMPTY_FILE, "the spec has no layers", self.parsed.root.place, help=help)
        key = self.pairs[found[-1]][0]
        if found[-1] == "layers" and key is not None and len(found) > 1:
            message = f"`layers` and `{found[0]}` cannot stand together"
            help = f"put all layers under `layers`, or these under `{found[0]}`"
            raise SpecError(UNKNOWN_KEY, message, key.place, help=help)
        return found

    def _contract(self, sections: Mapping[str, range]) -> Contract:
        before_decoder = [nodes for section, nodes in sections.items() if section != "decoder"]
        return Contract(
            mirrors="encoder" in sections and "decoder" in sections and "output" not in self.pairs,
            output=self._shape("output"),
            latent=self._shape("latent"),
            latent_node=before_decoder[-1][-1] if before_decoder else None,
            output_place=self._place("output"),
            latent_place=self._place("latent"),
        )

    def _vars(self) -> dict[str, Any]:
        """The names that arguments may use; a later one may use the earlier ones."""
        names: dict[str, Any] = {}
        node = self._node("vars")
        if node is not None and not isinstance(node, tree.Mapping):
            raise SpecError(WRONG_TYPE, "`vars` is a mapping of names to numbers", node.place)
        pairs = node.pairs if node else ()
        for key, value in pairs:
            check_name(key)
            if key.text in (ABOVE, NETWORK_INPUT):
                what = "what the layer above returns" if key.text == ABOVE else "the network's input"
                message = f"`{key.text}` cannot be a var: it stands for {what}"
                raise SpecError(WRONG_TYPE, message, key.place)
            names[key.text] = self._override(key.text, _var(key, value, names, pairs))
        for name in self.overrides:
            if name not in names:
                near = nearest(name, names)
                help = f"did you mean `{near}`?" if near else f"add {code(name)} to `vars:`"
                raise SpecError(UNKNOWN_NAME, f"`vars:` has no {code(name)} to set", help=help)
        return names

    def _override(self, name: str, number: int | float) -> int | float:
        value = self.overrides.get(name, number)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise SpecError(WRONG_TYPE, f"{code(name)} must be a number, and is set to {value!r}")
        if not abs(value) < 10**tree.MAX_DIGITS:
            raise SpecError(LIMIT, f"{code(name)} is set to a number of more than {tree.MAX_DIGITS} digits")
        return value

    def _range(self) -> tuple[float, float] | None:
        node = self._node("range")
        if node is None:
            return None
        items = node.items if isinstance(node, tree.Sequence) else ()
        if len(items) == 2:
            low, high = (number(item, {}) for item in items)
            if low is not None and high is not None and low < high:
                return float(low), float(high)
        message = "`range` is a list of two numbers, the smaller one first"
        raise SpecError(WRONG_TYPE, message, node.place, help="write it like [0, 1]")

    def _scales(self, input: Shape | None) -> dict[str, Scale]:
        """The step of each axis that has one, with its unit: `width: 0.0107 s`."""
        node = self._node("sample")
        if node is not None and not isinstance(node, tree.Mapping):
            help = "write it like `sample: {width: 0.0107 s}`"
            raise SpecError(WRONG_TYPE, "`sample` is a mapping of axes to steps", node.place, help=help)
        of = "" if input is None else f" of {spell(input)}"
        names, scales = scaled_axes(input), dict[str, Scale]()
        for key, value in node.pairs if node else ():
            if key.text not in names:
                note = f"the axes are {', '.join(names)}" if names else "it has no spatial axes"
                raise SpecError(UNKNOWN_NAME, f"{code(key.text)} is no axis{of}", key.place, note=note)
            scales[key.text] = _scale(key.text, value)
        return scales

    def _profile(self) -> str | None:
        node = self._node("profile")
        if node is None:
            return None
        if isinstance(node, tree.Scalar) and node.text in PROFILES:
            return node.text
        raise SpecError(WRONG_TYPE, f"`profile` is one of {', '.join(PROFILES)}", node.place)

    def _shape(self, key: str) -> Shape | None:
        node = self._node(key)
        if node is None:
            return None
        try:
            if isinstance(node, tree.Scalar):
                return whole_shape(node.text if node.quoted else _size_text(node))
            if isinstance(node, tree.Sequence) and node.items:
                return whole_shape([_size(item) for item in node.items])
        except SpecError as error:
            problem = error.problem
            place = problem.place or node.place
            raise SpecError(problem.code, problem.message, place, problem.note, problem.help) from None
        raise SpecError(BAD_SHAPE, f"`{key}` is a shape like `1x10x474`", node.place)

    def _text(self, key: str, default: str) -> str:
        node = self._node(key)
        if node is None:
            return default
        if not isinstance(node, tree.Scalar) or not node.text.strip():
            raise SpecError(WRONG_TYPE, f"`{key}` is a text", node.place)
        return node.text

    def _node(self, key: str) -> tree.Node | None:
        return self.pairs[key][1] if key in self.pairs else None

    def _place(self, key: str) -> Place | None:
        node = self._node(key)
        return node.place if node else None


def _var(
    key: tree.Scalar,
    value: tree.Node,
    names: Mapping[str, Any],
    pairs: tuple[tuple[tree.Scalar, tree.Node], ...],
) -> int | float:
    """What a var is; of a name that is given its value further down, say so."""
    try:
        found = number(value, names)
    except SpecError as error:
        for later, _ in pairs:
            if error.problem.code == UNKNOWN_NAME and error.problem.message.startswith(
                f"{code(later.text)} is not"
            ):
                help = f"write {code(later.text)} above {code(key.text)}: a var may use those above it"
                raise SpecError(UNKNOWN_NAME, error.problem.message, error.problem.place, help=help) from None
        raise
    if found is None:
        raise SpecError(WRONG_TYPE, f"{code(key.text)} must be a number", value.place)
    return found


def _scale(axis: str, node: tree.Node) -> Scale:
    try:
        return Scale.read(node.text if isinstance(node, tree.Scalar) else "")
    except ValueError as error:
        message = f"the step of {axis} is {error}"
        raise SpecError(WRONG_TYPE, message, node.place, help="write it like `0.0107 s`") from None


def _size_text(node: tree.Scalar) -> str:
    """The shape as it is written; `input: true` and `input: null` are no symbols."""
    value = tree.resolve(node) if not node.text.isdecimal() else node.text
    if value is None or isinstance(value, bool):
        what = "no shape is given" if value is None else f"`{node.text}` is no shape"
        raise SpecError(BAD_SHAPE, what, node.place, help="sizes are written like `1x10x474` or `1xHxW`")
    return node.text


def _size(item: tree.Node) -> Any:
    if not isinstance(item, tree.Scalar):
        raise SpecError(BAD_SHAPE, "a size is an integer or a letter", item.place)
    value = tree.resolve(item)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _size_text(item)


def _unknown_key(key: tree.Scalar) -> SpecError:
    near = nearest(key.text, dict.fromkeys(KEYS))
    return SpecError(
        UNKNOWN_KEY,
        f"unknown key {code(key.text)}",
        key.place,
        note=f"the keys are {', '.join(KEYS)}",
        help=f"did you mean `{near}`?" if near else None,
    )
