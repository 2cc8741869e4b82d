"""Costs of whole networks: random ones against torch's own counts, and symbols against numbers."""

from __future__ import annotations

import warnings
from pathlib import Path
from random import Random

import field_check
import pytest
import torch
from differential import unfused
from emit_check import execute
from torch_oracle import module_of

from shapecalc import cost, emit, load, loads, memory, trace
from shapecalc.size import at
from shapecalc.trace import trace_whole

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(ROOT.glob("examples/*.arch.yaml"))
ZOO = {path.name.partition(".")[0]: path for path in sorted(ROOT.glob("examples/zoo/*.arch.yaml"))}

#: Networks of at most so many multiply-accumulates are run here; the others with `-m long`.
SMALL = 400_000_000


def differs(network: field_check.Network) -> str | None:
    """None where parameters, MACs and numbers returned are torch's for one sample."""
    traced = trace_whole(network.arch, network.shape)
    modules = [module_of(step.layer) for step in traced.steps]
    counted = cost.total(traced)
    values = [torch.rand(network.shape)]
    with torch.no_grad(), unfused() as counter:
        for node, module in zip(network.arch.nodes, modules):
            values.append(module(*[values[source] for source in node.sources]))
    learned = [module for module in modules if isinstance(module, torch.nn.Module)]
    params = sum(parameter.numel() for module in learned for parameter in module.parameters())
    real = cost.Cost(params, counter.get_total_flops() // 2, sum(value.numel() for value in values[1:]))
    return None if counted == real else f"{network}\n  ours {counted}, torch {real}"


def run_all(cases: int, seed: int) -> list[str]:
    random = Random(f"{seed} costs")
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [text for _ in range(cases) if (text := differs(field_check.draw(random)))]


def test_random_networks_cost_what_torch_counts() -> None:
    assert not run_all(40, 20261122)


@pytest.mark.long
def test_random_networks_at_length() -> None:
    assert not run_all(3000, 1)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_totals_are_the_sums_of_the_steps(path: Path) -> None:
    traced = trace(load(path))
    counted = cost.total(traced)
    assert counted.params == sum(step.params for step in traced.steps)
    assert counted.macs == sum(at(step.macs, {}) for step in traced.steps)


def zoo_macs(name: str) -> int:
    return at(cost.total(trace(load(ZOO[name]))).macs, {})


@pytest.mark.parametrize("name", [name for name in ZOO if zoo_macs(name) <= SMALL])
def test_the_zoo_costs_what_torch_counts(name: str) -> None:
    costs_what_torch_counts(name, 2)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in ZOO if zoo_macs(name) > SMALL])
def test_the_zoo_costs_what_torch_counts_at_length(name: str) -> None:
    costs_what_torch_counts(name, 1)


def costs_what_torch_counts(name: str, batch: int) -> None:
    """The emitted module, in training: parameters, multiply-accumulates, and what autograd keeps, to the byte."""
    traced = trace(load(ZOO[name]))
    model = execute(emit(traced.arch), traced.arch.name).make()
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    every = list[torch.Tensor]()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        every.append(tensor)
        return tensor

    x = torch.rand([batch, *(at(size, {}) for size in traced.input)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says of the flags that the counter needs
        with unfused() as counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            model(x)
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in every}
    counted, kept = cost.total(traced), memory.kept(traced, batch)
    assert counted.params == sum(parameter.numel() for parameter in model.parameters())
    assert at(counted.macs, {}) * batch == counter.get_total_flops() // 2
    assert kept.exact
    assert kept.total == sum(count for pointer, count in storages.items() if pointer not in own)


def test_symbols_give_formulas() -> None:
    arch = loads(
        "input: 1xHxW\nlayers: ['Conv2d(1, 4, 3, stride=2)', ReLU(), 'ConvTranspose2d(4, 1, 3, stride=2)']"
    )
    counted, numbers = cost.total(trace(arch)), cost.total(trace(arch, "1x21x34"))
    assert at(counted.macs, {"H": 21, "W": 34}) == numbers.macs
    assert at(counted.bytes(batch=8, dtype="bfloat16"), {"H": 21, "W": 34}) == numbers.bytes(8, "float16")
    assert (numbers.flops, numbers.parameter_bytes()) == (2 * at(numbers.macs, {}), 4 * (40 + 37))
