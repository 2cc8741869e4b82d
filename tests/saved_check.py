"""What autograd keeps, against what it hands to `torch.autograd.graph.saved_tensors_hooks` in a real forward pass.

Two tensors of one storage count once, parameters and buffers not at all. Compared are single layers of every kind,
behind a tensor with a gradient, and random networks, step by step; in training, in evaluation, and with frozen weights.
"""

from __future__ import annotations

import math
import warnings
from random import Random
from typing import Any, NamedTuple

import field_check
import torch
from differential import draw
from torch_oracle import module_of

from shapecalc.arch import Arch, Call, Node
from shapecalc.layer import KINDS, Layer
from shapecalc.memory import kept
from shapecalc.problem import ShapeError
from shapecalc.recording import Recording
from shapecalc.tensors import followed
from shapecalc.trace import trace_whole

#: layers that go behind others, in every network
BETWEEN = (
    "ReLU", "ReLU", "LeakyReLU", "ELU", "SiLU", "Sigmoid", "Tanh", "GELU", "Hardswish", "ReLU6", "Softplus", "Dropout",
    "Dropout2d", "Softmax", "PReLU", "Mish", "Softsign", "Identity", "Unsqueeze", "Mul", "Div", "InstanceNorm",
)  # fmt: skip


class Found(NamedTuple):
    """How many steps were compared, how many have no rule, and the differences."""

    compared: int
    unknown: int
    differences: list[str]


def measured(network: field_check.Network, dtype: torch.dtype) -> list[int]:
    """The bytes that each step is the first to keep; raises what torch raises."""
    modules = modules_of(network)
    values: list[Any] = [torch.rand(network.shape, dtype=dtype)]
    own = {
        tensor.untyped_storage().data_ptr()
        for module in modules
        if isinstance(module, torch.nn.Module)
        for tensor in [*module.to(dtype).parameters(), *module.buffers()]
    }
    every, seen, bytes = list[torch.Tensor](), set(own), list[int]()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        every.append(tensor)
        return tensor

    for node, module in zip(network.arch.nodes, modules):
        first = len(every)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            values.append(_first(module(*[values[source] for source in node.sources])))
        new = 0
        for tensor in every[first:]:
            storage = tensor.untyped_storage()
            if storage.nbytes() and storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                new += storage.nbytes()
        bytes.append(new)
    return bytes


def modules_of(network: field_check.Network) -> list[Any]:
    """Every layer in torch, in its mode."""
    modules = [module_of(node.layer) for node in network.arch.nodes]
    for node, module in zip(network.arch.nodes, modules):
        if node.call is not None and isinstance(module, torch.nn.Module):
            _put(module, node.call.recording)
    return modules


def _put(module: torch.nn.Module, recording: Recording) -> None:
    """A module in evaluation, or with frozen weights, where the recording says so."""
    module.train(not recording.evaluated)
    for name, parameter in module.named_parameters():
        trained = recording.weights if name == "weight" or not recording.learns else recording.learns
        parameter.requires_grad = bool(trained)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def compare(network: field_check.Network, dtype: torch.dtype = torch.float32) -> Found:
    """One network; what torch refuses (a step in place on a view of several) is not compared."""
    traced = trace_whole(network.arch, network.shape)
    try:
        real = measured(network, dtype) if traced.ok else []
    except RuntimeError:
        real = []
    if not real:
        return Found(0, 0, [])
    ours = kept(traced, dtype=str(dtype).removeprefix("torch."))
    known = [pair for pair in zip(ours.steps, real) if pair[0] is not None]
    alike = all(a == b for a, b in known) if ours.exact else int(ours.total) <= sum(real)
    unknown = len(real) - len(known)
    if alike:
        return Found(len(known), unknown, [])
    return Found(len(known), unknown, [f"{network} {dtype}\n  ours {ours.steps}\n  torch {real}"])


def drawn(random: Random) -> field_check.Network:
    """A random network with further layers between its own."""
    network, nodes, new = field_check.draw(random), list[Node](), {0: 0}
    for number, node in enumerate(network.arch.nodes, 1):
        nodes.append(Node(f"{len(nodes)}", node.layer, tuple(new[source] for source in node.sources)))
        while random.random() < 0.5:
            layer = _between(random, node.layer, network, number)
            sources = (len(nodes),) * (2 if type(layer).__name__ in ("Mul", "Div") else 1)
            nodes.append(Node(f"{len(nodes)}", layer, sources))
            if type(layer).__name__ == "Unsqueeze":
                nodes.append(Node(f"{len(nodes)}", KINDS["Flatten"](0, 1), (len(nodes),)))
        new[number] = len(nodes)
    return field_check.Network(Arch(nodes), network.shape)


def _between(random: Random, layer: Layer, network: field_check.Network, number: int) -> Layer:
    shape = trace_whole(network.arch, network.shape).steps[number - 1].shape_out
    name = random.choice(BETWEEN)
    if name == "InstanceNorm":
        return KINDS[f"InstanceNorm{len(shape) - 2}d"](shape[1], affine=random.random() < 0.5)
    if name == "Unsqueeze":
        return KINDS[name](0)
    if name == "Softmax":
        return KINDS[name](1)
    kind = KINDS[name]
    if "inplace" in kind.fields and random.random() < 0.4:
        return kind(inplace=True)
    return kind()


def in_some_mode(network: field_check.Network, random: Random) -> field_check.Network:
    """The same with some layers in evaluation or frozen, the weights alone or all of them."""
    nodes = list[Node]()
    for node in network.arch.nodes:
        only_weights = random.random() < 0.3 and {"weight", "bias"} == _names(node.layer)
        modes = (
            Recording(learns=None),
            Recording(learns=only_weights, weights=False),
            Recording(evaluated=True),
        )
        mode = modes[random.randrange(3)]
        if mode.learns is not None and not node.layer.learns:
            mode = modes[0]
        nodes.append(node._replace(call=Call(None, None, "EXACT", recording=mode)))
    return field_check.Network(Arch(nodes), network.shape)


def _names(layer: Layer) -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a dropout in a recurrent layer that is alone
        module = module_of(layer)
    return (
        {name for name, _ in module.named_parameters()} if isinstance(module, torch.nn.Module) else {"none"}
    )


def several(kind: str, random: Random) -> field_check.Network | None:
    """A layer of several inputs, each of its own shape: a piece of one tensor, with a gradient or without."""
    case = draw(KINDS[kind], random)
    if len(case.inputs) < 2 or KINDS[kind].integer_inputs or "indices" in KINDS[kind].inputs:
        return None
    nodes, sources, start = [Node("0", KINDS["PReLU"](), (0,))], list[int](), 0
    for shape in case.inputs:
        sizes = tuple(int(size) for size in shape)
        end = start + math.prod(sizes)
        graded = random.random() < 0.8
        for layer in (KINDS["Slice"](1, start, end), KINDS["Reshape"](*sizes), KINDS["Sigmoid"]()):
            first = len(sources) >= 0 and isinstance(layer, KINDS["Slice"])
            nodes.append(Node(str(len(nodes)), layer, (int(graded) if first else len(nodes),)))
        sources.append(len(nodes))
        start = end
    try:
        layer = KINDS[kind](**case.arguments)
        layer = layer.resolved(*case.inputs) if layer.open else layer
    except ShapeError:
        return None
    network = field_check.Network(Arch([*nodes, Node(str(len(nodes)), layer, tuple(sources))]), (1, start))
    return network if trace_whole(network.arch, network.shape).ok else None


def single(kind: str, random: Random) -> field_check.Network | None:
    """One layer behind a learned slope for each of its inputs, where a kind takes several the same tensor."""
    case = draw(KINDS[kind], random)
    shape = case.inputs[0]
    if any(other != shape for other in case.inputs) or KINDS[kind].integer_inputs:
        return several(kind, random)
    try:
        layer = KINDS[kind](**case.arguments)
        if layer.open:
            layer = layer.resolved(*case.inputs)
        taken, before = _viewed(random, tuple(int(size) for size in shape))
        layers = [*before, layer] if random.random() < 0.2 else [KINDS["PReLU"](), *before, layer]
        nodes = [Node(str(place), one, (place,)) for place, one in enumerate(layers[:-1])]
        last = len(layers) - 1
        arch = Arch([*nodes, Node(str(last), layer, (last,) * len(case.inputs))])
        network = field_check.Network(arch, taken)
        return network if trace_whole(arch, network.shape).ok else None
    except ShapeError:
        return None


def _viewed(random: Random, shape: tuple[int, ...]) -> tuple[tuple[int, ...], list[Layer]]:
    """A shape of which a view has this one, and the view."""
    rank, view = len(shape), random.random()
    if rank < 2 or view < 0.4:
        return shape, []
    first, second = random.sample(range(rank), 2)
    if view < 0.7:
        taken = list(shape)
        taken[first], taken[second] = taken[second], taken[first]
        return tuple(taken), [KINDS["Transpose"](first, second)]
    if view < 0.9:
        start, step = random.randint(0, 1), random.randint(1, 2)
        taken = [*shape[:first], start + step * shape[first], *shape[first + 1 :]]
        return tuple(taken), [KINDS["Slice"](first, start, step=step)]
    taken = [1 if axis == first else size for axis, size in enumerate(shape)]
    return tuple(taken), [KINDS["Expand"](*shape)]


def cases(random: Random, networks: int, each: int) -> list[field_check.Network]:
    """Random networks, and so many layers of every kind."""
    kinds = [kind for kind in sorted(KINDS) if not kind.startswith("Lazy")]
    singles = [case for kind in kinds for _ in range(each) if (case := single(kind, random))]
    every = [*(drawn(random) for _ in range(networks)), *singles]
    return [in_some_mode(case, random) if random.random() < 0.4 else case for case in every]


def run_strides(networks: int, each: int, seed: int) -> Found:
    """The strides of every tensor, where they are known, against `Tensor.stride()`."""
    compared, unknown, differences = 0, 0, list[str]()
    torch.set_num_threads(1)
    for network in cases(Random(f"{seed} strides"), networks, each):
        traced = trace_whole(network.arch, network.shape)
        for step, (shape, theirs) in zip(followed(traced), lying(network) if traced.ok else ()):
            ours = step.made.strides
            unknown, compared = unknown + (ours is None), compared + (ours is not None)
            if ours and any(a != b and size != 1 for a, b, size in zip(ours, theirs, shape)):
                differences.append(f"{network}\n  ours {ours}, torch {theirs}")
    return Found(compared, unknown, differences)


def lying(network: field_check.Network) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Shape and strides of what every layer returns, up to a step in place that torch refuses on a view."""
    values, found = [torch.rand(network.shape)], list[tuple[tuple[int, ...], tuple[int, ...]]]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for node, module in zip(network.arch.nodes, modules_of(network)):
            try:
                out = _first(module(*[values[source] for source in node.sources]))
            except RuntimeError:
                break
            values.append(out)
            found.append((tuple(out.shape), out.stride()))
    return found


def run_all(networks: int, each: int, seed: int, dtype: torch.dtype = torch.float32) -> Found:
    """Random networks, and so many layers of every kind."""
    compared, unknown, differences = 0, 0, list[str]()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in cases(Random(f"{seed} saved"), networks, each):
            found = compare(case, dtype)
            compared, unknown = compared + found.compared, unknown + found.unknown
            differences += found.differences
    return Found(compared, unknown, differences)


if __name__ == "__main__":
    import sys

    count, each, seed = (int(word) for word in sys.argv[1:4])
    result = run_all(count, each, seed, getattr(torch, sys.argv[4] if len(sys.argv) > 4 else "float32"))
    print(
        f"{result.compared} steps compared, {result.unknown} without a rule, {len(result.differences)} differ"
    )
    print("\n".join(result.differences[:10]))
