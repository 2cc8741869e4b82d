"""An architecture as a spec's text: of a module, every row of its forward as a layer."""

from __future__ import annotations

import json
import keyword
from collections.abc import Sequence

from ..arch import Arch, Node
from ..layer import KINDS, Layer
from ..problem import UNKNOWN_KIND, ShapeError, SpecError
from ..read.spec import SECTIONS, loads
from ..shapes import N, spell
from ..trace import Trace, trace
from .sayable import check_sayable, made_by
from .section import section_items, yaml_lines

#: Words that mean something else in a spec.
_TAKEN = {"x", "input", "repeat", "layers", "name", "vars", "range", "output", "latent", *SECTIONS}


def to_spec(arch: Arch) -> str:
    """The text of a spec that reads back with the same layers, sources and shapes; see `shapecalc.to_spec`.

    A chain keeps its paths; what reads several rows is named after the module that it is.
    """
    if arch.text is not None and arch.retrace is None:
        return arch.text
    traced = trace(arch)
    if traced.shape_out is None:
        raise ShapeError(traced.problems[0])
    plain = _plain(traced)
    again = trace(plain)
    text = _text(again)
    read = trace(loads(text, None))
    if read.problems or [step[1:4] for step in read.steps] != [step[1:4] for step in again.steps]:
        why = read.problems[0].message if read.problems else "it would read as other layers"
        raise SpecError(UNKNOWN_KIND, f"`{arch.name}` cannot be written as a spec: {why}")
    return text


def _plain(traced: Trace) -> Arch:
    """The rows as nodes that stand for themselves, each with a path of its own; the output is the last one."""
    arch = traced.arch
    layers = [step.layer for step in traced.steps]
    check_sayable(traced, "a spec")
    sections = dict(arch.sections)
    if arch.contract.mirrors is False or "decoder" not in sections:
        sections = {"layers": range(len(layers))}
    names = _names(arch, sections)
    nodes = [Node(name, layer, node.sources) for name, layer, node in zip(names, layers, arch.nodes)]
    returned = (arch.returns or (len(nodes),))[0]
    if traced.arch.contract.mirrors and arch.returns:
        returned = next((one for one in arch.returns if made_by(traced, one) == traced.shape_in), returned)
    if returned != len(nodes):
        last = list(sections)[-1]
        sections[last] = range(sections[last].start, len(nodes) + 1)
        nodes.append(Node("returned", KINDS["Identity"](), (returned,)))
    return Arch(nodes, name=arch.name, input=arch.input, sections=sections, contract=arch.contract)


def _names(arch: Arch, sections: dict[str, range]) -> list[str]:
    """Paths for the nodes: a chain's are counted, others are named after what they were."""
    named: list[str] = []
    for section, numbers in sections.items():
        nodes = [arch.nodes[number] for number in numbers]
        is_chain = all(
            node.sources == (number,) and _is_plain(node.layer) for node, number in zip(nodes, numbers)
        )
        if is_chain and not _read_from_afar(arch, numbers):
            prefix = "" if section == "layers" else f"{section}."
            named += [f"{prefix}{place}" for place in range(len(nodes))]
        else:
            for node in nodes:
                named.append(_own_name(node, named))
    return named


def _is_plain(layer: Layer) -> bool:
    return layer.inputs == ("input",)


def _read_from_afar(arch: Arch, numbers: range) -> bool:
    """Whether another section's layers read one of these that is not the last."""
    inside = {number + 1 for number in numbers}
    return any(
        source in inside and source != numbers.stop
        for number, node in enumerate(arch.nodes)
        if number not in numbers
        for source in node.sources
    )


def _own_name(node: Node, taken: Sequence[str]) -> str:
    base = node.path.replace("forward:", "").replace(".", "_").replace("-", "_")
    if not base.isidentifier() or keyword.iskeyword(base) or base in _TAKEN or base in KINDS:
        base = f"layer_{base}"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _text(traced: Trace) -> str:
    arch = traced.arch
    lines = [f"name: {json.dumps(arch.name)}"]
    shape = traced.shape_in
    lines.append(f"input: {spell(shape) if shape[0] == N else 'x'.join(map(str, shape))}")
    for section in SECTIONS:
        if section in arch.sections:
            lines += [f"{section}:", *yaml_lines(section_items(traced, section))]
    return "\n".join(lines) + "\n"
