"""The spec reader: a file's text to an Arch, every node with its place.

The text is data. Layers are looked up in the registry and built from literals, the names of `vars` and
`+ - * // ( )`; nothing is evaluated as Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arch import Arch, Contract
from ..layer import nearest
from ..problem import BAD_SHAPE, EMPTY_FILE, UNKNOWN_KEY, UNKNOWN_NAME, WRONG_TYPE, Place, SpecError
from ..shapes import Shape, whole_shape
from . import tree
from .blocks import Blocks
from .values import yaml_value

SECTIONS = ("encoder", "bottleneck", "decoder", "layers")
KEYS = ("name", "input", "range", "vars", *SECTIONS, "output", "latent")


def loads(text: str, path: str | None = None, set: Mapping[str, int | float] | None = None) -> Arch:
    """The architecture that a spec's text describes.

    `set` overrides `vars`. Raises `SpecError` with its place where the text cannot be understood.

    >>> loads("layers: ['Conv2d(1, 8, 3)', ReLU]").nodes[0].layer
    Conv2d(1, 8, 3)
    """
    return _Spec(tree.parse(text), set or {}, path).arch()


def load(path: str, set: Mapping[str, int | float] | None = None) -> Arch:
    """The architecture in a file. Raises `SpecError`, and `OSError` where the file cannot be read."""
    with open(path, "rb") as file:
        data = file.read()
    return loads(tree.decode(data), path, set)


class _Spec:
    """The top level of a spec file."""

    def __init__(self, parsed: tree.Tree, overrides: Mapping[str, int | float], path: str | None) -> None:
        self.parsed, self.overrides, self.path = parsed, overrides, path
        root = parsed.root
        if isinstance(root, tree.Sequence):
            self.pairs = {"layers": (root, root.place)}
        elif isinstance(root, tree.Mapping):
            self.pairs = {key.text: (value, key.place) for key, value in root.pairs}
        else:
            raise SpecError(
                EMPTY_FILE, "a spec is a mapping with `layers:`, or with `encoder:` and `decoder:`", root.place
            )

    def arch(self) -> Arch:
        for key, (_, place) in self.pairs.items():
            if key not in KEYS:
                raise _unknown_key(key, place)
        names = self._vars()
        blocks = Blocks(names)
        sections = {}
        for section in self._sections():
            start = len(blocks.nodes)
            blocks.section(section, self.pairs[section][0])
            sections[section] = range(start, len(blocks.nodes))
        return Arch(
            blocks.nodes,
            name=self._text("name", default="Network"),
            input=self._shape("input"),
            input_place=self._place("input"),
            sections=sections,
            contract=self._contract(sections),
            value_range=self._range(),
            text=self.parsed.source,
            path=self.path,
            reread=lambda text: loads(text, self.path, self.overrides),
        )

    def _sections(self) -> list[str]:
        """The sections that the file has, in the order in which data goes through them."""
        found = [section for section in SECTIONS if section in self.pairs]
        if not found:
            raise SpecError(
                EMPTY_FILE,
                "the spec has no layers",
                self.parsed.root.place,
                help="add `layers:`, or `encoder:` and `decoder:`, with a list of layers",
            )
        if "layers" in found and len(found) > 1:
            raise SpecError(
                UNKNOWN_KEY,
                f"`layers` and `{found[0]}` cannot stand together",
                self.pairs["layers"][1],
                help=f"put all layers under `layers`, or these under `{found[0]}`",
            )
        return found

    def _contract(self, sections: Mapping[str, range]) -> Contract:
        before_decoder = [nodes for section, nodes in sections.items() if section != "decoder" and len(nodes)]
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
        for key, value in node.pairs if node else ():
            if not key.text.isidentifier():
                raise SpecError(WRONG_TYPE, f"`{key.text}` is not a name that an argument could use", key.place)
            number = yaml_value(value, names).value
            if not isinstance(number, (int, float)) or isinstance(number, bool):
                raise SpecError(WRONG_TYPE, f"`{key.text}` must be a number", value.place)
            names[key.text] = self.overrides.get(key.text, number)
        for name in self.overrides:
            if name not in names:
                near = nearest(name, names)
                raise SpecError(
                    UNKNOWN_NAME,
                    f"`vars:` has no `{name}` to set",
                    help=f"did you mean `{near}`?" if near else f"add `{name}` to `vars:`",
                )
        return names

    def _range(self) -> tuple[float, float] | None:
        node = self._node("range")
        if node is None:
            return None
        ends = yaml_value(node, {}).value
        numbers = isinstance(ends, tuple) and [
            end for end in ends if isinstance(end, (int, float)) and not isinstance(end, bool)
        ]
        if not numbers or len(numbers) != 2 or len(numbers) != len(ends) or not numbers[0] < numbers[1]:
            raise SpecError(WRONG_TYPE, "`range` is a list of two numbers, like [0, 1]", node.place)
        return float(numbers[0]), float(numbers[1])

    def _shape(self, key: str) -> Shape | None:
        node = self._node(key)
        if node is None:
            return None
        try:
            if isinstance(node, tree.Scalar):
                return whole_shape(node.text)
            if isinstance(node, tree.Sequence):
                return whole_shape([_size(item) for item in node.items])
        except SpecError as error:
            raise SpecError(error.problem.code, error.problem.message, node.place, help=error.problem.help) from None
        raise SpecError(BAD_SHAPE, f"`{key}` is a shape like `1x10x474`", node.place)

    def _text(self, key: str, default: str) -> str:
        node = self._node(key)
        if node is None:
            return default
        if not isinstance(node, tree.Scalar) or not node.text.strip():
            raise SpecError(WRONG_TYPE, f"`{key}` is a text", node.place)
        return node.text

    def _node(self, key: str) -> tree.Node | None:
        return self.pairs[key][0] if key in self.pairs else None

    def _place(self, key: str) -> Place | None:
        node = self._node(key)
        return node.place if node else None


def _size(item: tree.Node) -> Any:
    if not isinstance(item, tree.Scalar):
        raise SpecError(BAD_SHAPE, "a size is an integer or a letter", item.place)
    value = tree.resolve(item)
    return item.text if isinstance(value, (str, float)) or value is None else value


def _unknown_key(key: str, place: Place) -> SpecError:
    near = nearest(key, dict.fromkeys(KEYS))
    return SpecError(
        UNKNOWN_KEY,
        f"unknown key `{key[:60]}`",
        place,
        note=f"the keys are {', '.join(KEYS)}",
        help=f"did you mean `{near}`?" if near else None,
    )
