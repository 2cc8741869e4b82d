"""Random broken architectures: the layer that we name, and the layer where real torch raises.

`PYTHONPATH=. python tests/broken_check.py 3000 1` breaks 3,000 working architectures by one change each (an
argument drawn anew, a layer left out or moved, another input), and prints what was counted.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from random import Random
from typing import Any

import torch
from emit_specs import random_spec
from torch_oracle import shapes_of, torch_shapes

import shapecalc as sc
from shapecalc.arch import Arch
from shapecalc.layer import Layer, Shape, build
from shapecalc.trace import Trace

#: what torch says where it depends on the numbers in the tensors, not on their shapes, whether it runs
DATA = "Found an invalid max index"
#: a broken network that is larger than this would only cost time
MOST_ELEMENTS = 2_000_000


def broken(arch: Arch, random: Random) -> tuple[Arch, Shape] | None:
    """The architecture with one change, and its input."""
    assert arch.input is not None
    sample = list(arch.input[1:])
    nodes = list(arch.nodes)
    number = random.randrange(len(nodes))
    what = random.random()
    if what < 0.15:
        axis = random.randrange(len(sample))
        sample[axis] = max(1, int(sample[axis]) + random.choice((-9, -3, -1, 1, 2)))
    elif what < 0.25:
        nodes[number] = nodes[number]._replace(layer=sc.loads("layers: [Identity]").nodes[0].layer)
    else:
        layer = _changed(nodes[number].layer, random)
        if layer is None:
            return None
        nodes[number] = nodes[number]._replace(layer=layer)
    return arch.with_nodes(nodes), tuple(sample)


def _changed(layer: Layer, random: Random) -> Layer | None:
    """The layer with one argument drawn anew, or made a little larger or smaller."""
    numbers = [name for name, field in layer.fields.items() if name not in layer.forward_fields]
    if not numbers or len(layer.inputs) > 1 or layer.inputs[0].startswith("*"):
        return None
    name = random.choice(numbers)
    value = vars(layer)[name]
    if isinstance(value, int) and not isinstance(value, bool) and random.random() < 0.7:
        new: Any = value + random.choice((-2, -1, 1, 2, 5))
    else:
        new = layer.fields[name].sort.sample(random, layer.rank)
    if new == value:
        return None
    try:
        return build(type(layer), (), {**{n: vars(layer)[n] for n in layer.fields}, name: new})
    except sc.SpecError:
        return None


def where_torch_raises(arch: Arch, traced: Trace, sample: Shape) -> tuple[int | None, str]:
    """The number of the node that torch cannot run (None: it runs all), and what it says."""
    for count in range(1, len(arch.nodes) + 1):
        part = Arch(arch.nodes[:count])
        try:
            shapes = _shapes(part, traced, sample)
        except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, ZeroDivisionError) as error:
            return count - 1, f"{type(error).__name__}: {error}"
        if 0 in shapes[-1]:
            return count - 1, "empty output"
    return None, ""


def _shapes(arch: Arch, traced: Trace, sample: Shape) -> list[Shape]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch_shapes(arch, traced, sample)


def is_small(traced: Trace) -> bool:
    """Whether torch can run what we could trace."""
    return all(_elements(shape) < MOST_ELEMENTS for shape in shapes_of(traced)) and all(
        step.params < MOST_ELEMENTS for step in traced.steps
    )


def _elements(shape: Shape) -> int:
    product = 1
    for size in shape:
        product *= int(size)
    return product


def run(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What was counted, and the cases that went wrong."""
    random, tally, wrong = Random(seed), Counter[str](), list[str]()
    while tally["refused"] < count:
        arch = sc.loads(random_spec(random).text)
        for _ in range(4):
            changed = broken(arch, random)
            if changed is None:
                continue
            case, sample = changed
            traced = sc.trace(case, sample)
            if not is_small(traced):
                continue
            theirs, said = where_torch_raises(case, traced, sample)
            verdict = _verdict(traced, theirs) if DATA not in said else "data"
            tally[verdict] += 1
            if traced.failed is not None:
                tally[traced.problems[0].code.id] += 1
            if verdict in ("missed", "false alarm", "later"):
                wrong.append(
                    f"{verdict}: ours {traced.failed} {traced.problems}, torch's {theirs} {said}\n"
                    + "\n".join(f"  {node.path} {node.sources} {node.layer!r}" for node in case.nodes)
                    + f"\n  input {sample}"
                )
            elif theirs is None and shapes_of(traced) != _shapes(case, traced, sample):
                wrong.append(f"shapes differ: {[node.layer for node in case.nodes]} {sample}")
    return tally, wrong


def _verdict(traced: Trace, theirs: int | None) -> str:
    ours = traced.failed
    if ours is None:
        return "ran" if theirs is None else "missed"
    if theirs is None:
        return "false alarm"
    return "refused" if ours == theirs else "earlier" if ours < theirs else "later"


def main() -> None:
    """Print what was counted."""
    torch.set_num_threads(1)
    tally, wrong = run(int(sys.argv[1]), int(sys.argv[2]))
    for case in wrong[:8]:
        print(case)
    codes = ", ".join(f"{code} {n}" for code, n in sorted(tally.items()) if code.startswith("SHP"))
    print(
        f"{tally['refused']} refused at torch's own layer, {tally['earlier']} at an earlier one, {tally['ran']} run in "
        f"both; {tally['missed']} missed, {tally['false alarm']} false alarms, {tally['later']} named later, "
        f"{tally['data']} that depend on the data; {codes}"
    )


if __name__ == "__main__":
    main()
