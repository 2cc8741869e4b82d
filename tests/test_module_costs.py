"""Costs of captured models: against `numel`, torch's flop counter, and what autograd is handed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import module_costs
import module_models
import pytest
import torch
from differential import unfused

import shapecalc as sc
from shapecalc import cost, memory
from shapecalc.size import at

torch.set_num_threads(1)
BATCH = 2
#: recomputes in the backward pass what it does not keep, which no forward pass shows
RECOMPUTES = ("Checkpointed",)
#: all that they keep is known
EXACT = (
    "Conditional",
    "Diffusion",
    "Crnn",
    "Encoder",
    "Sampled",
    "Tied",
    "Vae",
    "VaeOldStyle",
    "SelfAttention",
)


def runs(model: Any) -> bool:
    return not model.fails and model.__name__ not in ("Lazy", "Tokens", "TwoInputs")


MODELS = [*module_costs.MODELS, *(model for model in module_models.MODELS if runs(model))]


@pytest.mark.parametrize("kind", MODELS, ids=lambda model: model.__name__)
def test_costs_are_torchs(kind: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the older weight norm
        model = kind()
    traced = sc.trace(sc.from_module(model, input=kind.input))
    counted, kept = cost.total(traced), memory.kept(traced, BATCH)
    assert counted.params == sum(parameter.numel() for parameter in model.parameters())
    x = torch.rand(BATCH, *kind.input)
    assert at(counted.macs, {"N": BATCH}) * BATCH == macs_of(model, x)
    real = kept_by(model, x)
    assert kept.exact or kind.__name__ not in EXACT
    if kind.__name__ in RECOMPUTES:
        assert at(kept.total, {}) > real
    elif kept.exact:
        assert kept.total == real
    else:
        assert at(kept.total, {}) <= real


class Call(torch.nn.Module):
    """One call of torch with a parameter."""

    def __init__(self, call: Callable[..., torch.Tensor], *sizes: int) -> None:
        super().__init__()
        self.call, self.weight = call, torch.nn.Parameter(torch.rand(sizes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.call(x, self.weight)


@pytest.mark.parametrize(
    ("call", "sizes", "input"),
    [
        (torch.mm, (8, 5), (8,)),
        (torch.matmul, (8, 5), (6, 8)),
        (torch.linalg.matmul, (8, 5), (6, 8)),
        (torch.inner, (5, 8), (6, 8)),
        (lambda x, w: torch.tensordot(x, w, dims=1), (8, 5), (6, 8)),
        (lambda x, w: torch.addmm(w[0], x, w), (8, 5), (8,)),
        (lambda x, w: torch.baddbmm(x, x, x), (1,), (8, 8)),
        (lambda x, w: torch.einsum("...ij,jk->...ik", x, w), (8, 5), (3, 6, 8)),
        (lambda x, w: torch.einsum("nl,ld,ld->nd", x, w, w), (8, 5), (8,)),
        (torch.nn.functional.linear, (5, 8), (6, 8)),
        (torch.nn.functional.conv2d, (4, 3, 3, 2), (3, 9, 9)),
        (lambda x, w: torch.nn.functional.conv_transpose2d(x, w, stride=2), (3, 4, 3, 2), (3, 9, 9)),
        (lambda x, w: torch.nn.functional.scaled_dot_product_attention(x, x, x), (1,), (2, 6, 8)),
    ],
)
def test_products_are_counted(call: Any, sizes: tuple[int, ...], input: tuple[int, ...]) -> None:
    model = Call(call, *sizes)
    counted = cost.total(sc.trace(sc.from_module(model, input=input)))
    assert at(counted.macs, {"N": BATCH}) * BATCH == macs_of(model, torch.rand(BATCH, *input)) > 0
    assert counted.params == model.weight.numel()


def macs_of(model: torch.nn.Module, x: torch.Tensor) -> int:
    """Half of what torch's counter counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says of the flags that the counter needs
        with unfused() as counter:
            model(x)
    return counter.get_total_flops() // 2


def kept_by(model: torch.nn.Module, x: torch.Tensor) -> int:
    """The bytes of all storages that autograd is handed, but those of parameters and buffers."""
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    every = list[torch.Tensor]()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        every.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        model(x)
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in every}
    return sum(size for pointer, size in storages.items() if pointer not in own)


def test_shared_weights_are_counted_once() -> None:
    tied: Any = module_costs.Tied
    traced = sc.trace(sc.from_module(tied(), input=(1, 12, 12)))
    counts = [(step.path, step.params) for step in traced.steps if step.params]
    assert counts[0] == ("down", 144 * 8 + 8)
    assert counts[-2:] == [("first", 10), ("second", 1)]
