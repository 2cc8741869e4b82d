"""Back to a spec's text: the encoder's as it was written, with a `decoder:` section under it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ..arch import Arch, Node, Origin
from ..contract import contract
from ..problem import NO_MIRROR, Edit, Place, ShapeError, SpecError
from ..read import nodes, tree
from ..read.given import number
from ..read.spec import SECTIONS, loads
from ..repair.edit import edited
from ..shapes import spell
from ..trace import Trace, trace
from .section import json_lines, section_items, yaml_lines


def spec_text(traced: Trace, undoes: Sequence[int] = ()) -> str:
    """The spec of an encoder with its decoder. Raises `SpecError` where the text cannot say it.

    `undoes` has the encoder's node for each layer of the decoder, whose names of `vars` it then uses. The encoder's
    own text stays as it is, comments included, but for what must change: `layers:` becomes `encoder:`, its `output:`
    is the `latent:` shape now, `input:` says the size that the decoder was made for, `vars` have the numbers that
    they were set to, and a pool whose indices are read returns them. The text is read again and traced before it is
    returned. An architecture without a text is written from its layers.
    """
    arch = traced.arch
    text = _Extended(traced, undoes).text() if arch.text is not None else _written(traced)
    try:
        again = trace(loads(text, arch.path), traced.shape_in)
        problems = (*again.problems, *contract(again).problems)
    except ShapeError as error:
        problems, again = (error.problem,), traced
    if problems or [step[1:4] for step in again.steps] != [step[1:4] for step in traced.steps]:
        why = problems[0].message if problems else "it would describe other layers"
        raise SpecError(NO_MIRROR, f"the decoder cannot be written under this encoder's text: {why}")
    return text


class _Extended:
    """An encoder's text with what must change in it, and the decoder under it."""

    def __init__(self, traced: Trace, undoes: Sequence[int]) -> None:
        self.trace, self.arch = traced, traced.arch
        self.parsed = tree.parse(traced.arch.text or "")
        self.items = section_items(traced, "decoder", undoes)
        root = self.parsed.root
        self.pairs = {key.text: (key, value) for key, value in _pairs(root)}
        #: whether the whole spec is one pair of braces, as in JSON
        self.is_flow = bool(self.pairs) and self.parsed.source.startswith("{", root.start)

    def text(self) -> str:
        """All of it."""
        source = self.parsed.source
        edits = [*self._sections(), *self._output(), *self._input(), *self._vars()]
        edits += [self._indices(node) for node in _pools(self.arch)]
        text = edited(source, list(dict.fromkeys(edits)))
        is_new = self.arch.input is not None and self.arch.input_place is None
        sized = spell(self.trace.shape_in) if is_new else None
        if self.is_flow:
            return _in_flow(text, json_lines(self.items), sized)
        newline = "\r\n" if "\r\n" in source else "\n"
        indent = " " * (self.parsed.root.place.column - 1)
        head = f"{indent}encoder:{newline}" if not self.pairs else ""
        more = [*([f"input: {sized}"] if sized else []), "decoder:", *yaml_lines(self.items)]
        end = "" if text.endswith(("\n", "\r")) else newline
        return head + text + end + "".join(f"{indent}{line}{newline}" for line in more)

    def _sections(self) -> Iterator[Edit]:
        if "layers" in self.pairs:
            yield self._renamed("layers", "encoder")

    def _output(self) -> Iterator[Edit]:
        """What the encoder's own `output:` states is the code."""
        latent = self.arch.contract.latent
        name = next((name for name in ("latent", "output") if name in self.pairs), None)
        if latent is None or name is None:
            return
        before = loads(self.parsed.source, None).contract
        if latent != (before.latent or before.output):
            yield self._shape(name, spell(latent))
        if name == "output":
            yield self._renamed("output", "latent")
        elif "output" in self.pairs:
            yield from self._left_out("output")

    def _input(self) -> Iterator[Edit]:
        """The size that the decoder was made for."""
        if self.arch.input_place is None or self.arch.input != self.trace.shape_in:
            return
        if self.arch.input != loads(self.parsed.source, None).input:
            yield self._shape("input", spell(self.trace.shape_in))

    def _vars(self) -> Iterator[Edit]:
        """The numbers that vars were set to."""
        for key, value in _pairs(self.pairs["vars"][1]) if "vars" in self.pairs else ():
            set_to = self.arch.variables[key.text]
            if number(value, self.arch.variables) != set_to:
                yield Edit(value.place, repr(set_to))

    def _renamed(self, name: str, other: str) -> Edit:
        key, _ = self.pairs[name]
        return Edit(key.place, json.dumps(other) if key.quoted else other)

    def _shape(self, name: str, shape: str) -> Edit:
        _, value = self.pairs[name]
        return Edit(value.place, json.dumps(shape) if self.is_flow else shape)

    def _left_out(self, name: str) -> Iterator[Edit]:
        """A key and its value, as a comment where there can be one."""
        key, value = self.pairs[name]
        if not self.is_flow:
            last = self.parsed.place(key.start, len(self.parsed.source[: value.end].rstrip())).end_line
            for line in range(key.place.line, last + 1):
                yield Edit(Place(line, 1, line, 1), "# ")
            return
        later = min((each.start for each, _ in self.pairs.values() if each.start > key.start), default=None)
        ends = [other.end for _, other in self.pairs.values() if other.end < key.start]
        start, end = (max(ends, default=key.start), value.end) if later is None else (key.start, later)
        yield Edit(self.parsed.place(start, end), "")

    def _indices(self, node: Node) -> Edit:
        """`return_indices=True` put into the text of a pool: the first form that is understood."""
        if node.origin is None or not node.origin.editable:
            raise SpecError(
                NO_MIRROR, f"`{node.path}` needs return_indices=True, and its text cannot be edited"
            )
        whole = node.origin.place
        forms = [*self._added(node.origin), Edit(whole, json.dumps(self._call(node, node.origin)))]
        return next(filter(self._is_understood, forms), Edit(whole, json.dumps(repr(node.layer))))

    def _added(self, origin: Origin) -> Iterator[Edit]:
        """As one more argument. In a list in brackets the comma of a call would end the item."""
        value, source = "true" if origin.in_yaml else "True", self.parsed.source
        if "return_indices" in origin.arguments:
            yield Edit(origin.place_of(*origin.arguments["return_indices"]), value)
        elif origin.insertion is not None:
            span, before, between, after = origin.insertion
            is_json = origin.in_yaml and source[slice(*origin.span)].partition("{")[2].lstrip().startswith(
                '"'
            )
            name = '"return_indices"' if is_json else "return_indices"
            yield Edit(origin.place_of(*span), f"{before}{name}{between}{value}{after}")
        elif (key := _first_argument(self.parsed.root, origin.span[0])) is not None:
            newline = "\r\n" if "\r\n" in source else "\n"
            place = key.place._replace(end_line=key.place.line, end_column=key.place.column)
            yield Edit(place, f"return_indices: true{newline}{' ' * (place.column - 1)}")

    def _call(self, node: Node, origin: Origin) -> str:
        """The layer as a call, its arguments as they are written."""
        written = {name: self.parsed.source[slice(*span)] for name, span in origin.arguments.items()}
        parts = [text if name == "kernel_size" else f"{name}={text}" for name, text in written.items()]
        return f"{type(node.layer).__name__}({', '.join([*parts, 'return_indices=True'])})"

    def _is_understood(self, edit: Edit) -> bool:
        """Whether the text with the edit has as many layers as without, and one more pool that returns indices."""
        try:
            found = loads(edited(self.parsed.source, [edit]), None).nodes
        except ShapeError:
            return False
        before = loads(self.parsed.source, None).nodes
        return len(found) == len(before) and _indexed(found) > _indexed(before)


def _indexed(own: Sequence[Node]) -> int:
    return sum(bool(node.layer.__dict__.get("return_indices")) for node in own)


def _first_argument(node: nodes.Node, start: int) -> nodes.Scalar | None:
    """The first key under the layer that starts there, written as `Kind:` with a key on each line."""
    for key, value in _pairs(node):
        if key.start == start and _pairs(value):
            return _pairs(value)[0][0]
    inner = [value for _, value in _pairs(node)] + list(
        node.items if isinstance(node, nodes.Sequence) else ()
    )
    own = next((each for each in inner if each.start <= start < each.end), None)
    return _first_argument(own, start) if own else None


def _pairs(node: nodes.Node) -> tuple[tuple[nodes.Scalar, nodes.Node], ...]:
    return node.pairs if isinstance(node, nodes.Mapping) else ()


def _in_flow(text: str, lines: list[str], sized: str | None) -> str:
    """The sections put before the last brace of a spec in JSON or in YAML's flow style."""
    more = f', "input": {json.dumps(sized)}' if sized else ""
    body, brace, rest = text.rpartition("}")
    kept = body.rstrip().removesuffix(",")
    return f'{kept}{more},\n "decoder": [\n  {f",{chr(10)}  ".join(lines)}]\n{brace}{rest}'


def _pools(arch: Arch) -> list[Node]:
    """The pools whose indices a decoder reads."""
    read = {
        node.sources[1] for node in arch.nodes if "indices" in node.layer.inputs and len(node.sources) > 1
    }
    return [arch.nodes[number - 1] for number in sorted(read)]


def _written(traced: Trace) -> str:
    """A whole spec from the layers alone."""
    arch = traced.arch
    lines = [f"name: {json.dumps(arch.name)}"]
    lines += [f"input: {spell(traced.shape_in)}"] if arch.input is not None else []
    if arch.value_range:
        lines.append("range: [{:g}, {:g}]".format(*arch.value_range))
    if arch.sample:
        scales = ", ".join(f"{axis}: {json.dumps(str(scale))}" for axis, scale in arch.sample.items())
        lines.append(f"sample: {{{scales}}}")
    for section in SECTIONS:
        if section in arch.sections:
            lines += [f"{section}:", *yaml_lines(section_items(traced, section))]
    return "\n".join(lines) + "\n"
