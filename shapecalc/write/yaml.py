"""Back to a spec's text: the encoder's as it was written, with a `decoder:` section under it."""

from __future__ import annotations

import json

from ..arch import INPUT, Arch, Node, Origin
from ..contract import contract
from ..edit import edited
from ..problem import NO_MIRROR, Edit, ShapeError, SpecError
from ..read import nodes, tree
from ..read.spec import SECTIONS, loads
from ..shapes import spell
from ..trace import Trace, trace


def spec_text(traced: Trace) -> str:
    """The spec of an encoder with its decoder. Raises `SpecError` where the text cannot say it.

    The encoder's own text stays as it is, comments included; `layers:` becomes `encoder:`, `input:` says the size that
    the decoder was made for, and a pool whose indices are read returns them. The text is read again and traced before
    it is returned. An architecture without a text is written from its layers.
    """
    arch = traced.arch
    text = _extended(traced) if arch.text is not None else _written(traced)
    try:
        again = trace(loads(text, arch.path), traced.shape_in)
        problems = (*again.problems, *contract(again).problems)
    except ShapeError as error:
        problems, again = (error.problem,), traced
    if problems or [step[1:4] for step in again.steps] != [step[1:4] for step in traced.steps]:
        why = problems[0].message if problems else "its encoder is another one: are vars overridden?"
        raise SpecError(NO_MIRROR, f"the decoder cannot be written under this encoder's text: {why}")
    return text


def call(node: Node, place: int, arch: Arch) -> str:
    """A layer as the spec has it, with the layers that it names: `Cat(x, encoder.1)`."""
    layer, kind = node.layer, type(node.layer).__name__
    arguments = repr(layer)[len(kind) + 1 : -1]
    parts = [arguments] if arguments else []
    parts += [
        f"{name}={value!r}" for name in layer.forward_fields if (value := layer.__dict__[name]) is not None
    ]
    sources = [
        "x" if source == place and not number else _name(source, arch)
        for number, source in enumerate(node.sources)
    ]
    if layer.inputs[0].startswith("*"):
        parts = [*sources, *parts] if sources != ["x"] else parts
    else:
        named = zip(layer.inputs, sources)
        parts += [
            f"{name}={source}" for number, (name, source) in enumerate(named) if number or source != "x"
        ]
    return f"{kind}({', '.join(parts)})"


def _name(source: int, arch: Arch) -> str:
    return "input" if source == INPUT else arch.nodes[source - 1].path


def _lines(traced: Trace, numbers: range) -> list[str]:
    """The calls of a section, each with the shape that it makes where that is another one."""
    found = []
    for number in numbers:
        step = traced.steps[number]
        node = traced.arch.nodes[number]._replace(layer=step.layer)
        text = call(node, number, traced.arch)
        changes = step.shapes_in[0] != step.shape_out
        found.append(f"{text}  # -> {spell(step.shape_out)}" if changes else text)
    return found


def _extended(traced: Trace) -> str:
    """The encoder's text with what must change in it, and the decoder under it."""
    arch = traced.arch
    parsed = tree.parse(arch.text or "")
    text, root = parsed.source, parsed.root
    edits = [_indices_edit(node) for node in _pools(arch)]
    lines = _lines(traced, arch.sections["decoder"])
    newline = "\r\n" if "\r\n" in text else "\n"
    sized = (
        f"input: {spell(traced.shape_in)}" if arch.input is not None and arch.input_place is None else None
    )
    if arch.input_place is not None and arch.input == traced.shape_in != loads(text).input:
        shape = spell(traced.shape_in)
        edits.append(Edit(arch.input_place, json.dumps(shape) if _is_flow(parsed) else shape))
    if isinstance(root, nodes.Mapping):
        key = next((key for key, _ in root.pairs if key.text == "layers"), None)
        edits += [Edit(key.place, '"encoder"' if key.quoted else "encoder")] if key else []
    text = edited(text, list(dict.fromkeys(edits)))
    if _is_flow(parsed):
        return _in_flow(text, lines, sized)
    indent = " " * (root.place.column - 1)
    head = f"{indent}encoder:{newline}" if isinstance(root, nodes.Sequence) else ""
    more = ([sized] if sized else []) + ["decoder:", *(f"  - {line}" for line in lines)]
    end = "" if text.endswith(("\n", "\r")) else newline
    return head + text + end + "".join(f"{indent}{line}{newline}" for line in more)


def _in_flow(text: str, lines: list[str], sized: str | None) -> str:
    """The sections put before the last brace of a spec in JSON or in YAML's flow style."""
    calls = [json.dumps(line.partition("  # ")[0]) for line in lines]
    more = f', "input": {json.dumps(sized.partition(": ")[2])}' if sized else ""
    body, brace, rest = text.rpartition("}")
    kept = body.rstrip().removesuffix(",")
    return f'{kept}{more},\n "decoder": [\n  {f",{chr(10)}  ".join(calls)}]\n{brace}{rest}'


def _pools(arch: Arch) -> list[Node]:
    """The pools whose indices a decoder reads."""
    read = {
        node.sources[1] for node in arch.nodes if "indices" in node.layer.inputs and len(node.sources) > 1
    }
    return [arch.nodes[number - 1] for number in sorted(read)]


def _indices_edit(node: Node) -> Edit:
    """`return_indices=True` put into the text of a pool."""
    origin: Origin | None = node.origin
    if origin is None or not origin.editable:
        raise SpecError(NO_MIRROR, f"`{node.path}` needs return_indices=True, and its text cannot be edited")
    value = "true" if origin.in_yaml else "True"
    if "return_indices" in origin.arguments:
        return Edit(origin.place_of(*origin.arguments["return_indices"]), value)
    if origin.insertion is None:
        return Edit(origin.place, json.dumps(repr(node.layer)))
    span, before, between, after = origin.insertion
    return Edit(origin.place_of(*span), f"{before}return_indices{between}{value}{after}")


def _is_flow(parsed: nodes.Tree) -> bool:
    """Whether the whole spec is one pair of braces, as in JSON."""
    return isinstance(parsed.root, nodes.Mapping) and parsed.source.startswith("{", parsed.root.start)


def _written(traced: Trace) -> str:
    """A whole spec from the layers alone."""
    arch = traced.arch
    lines = [f"name: {json.dumps(arch.name)}"]
    lines += [f"input: {spell(traced.shape_in)}"] if arch.input is not None else []
    if arch.value_range:
        lines.append("range: [{:g}, {:g}]".format(*arch.value_range))
    for section in SECTIONS:
        if section in arch.sections:
            lines += [f"{section}:", *(f"  - {line}" for line in _lines(traced, arch.sections[section]))]
    return "\n".join(lines) + "\n"
