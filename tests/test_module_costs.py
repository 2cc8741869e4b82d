"""Costs of captured models: against `numel`, torch's flop counter, and what autograd is handed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import forward_check
import gradient_models
import module_costs
import module_models
import product_check
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
import torch.utils.checkpoint

import shapecalc as sc
from shapecalc import cost, memory
from shapecalc.size import at

torch.set_num_threads(1)
BATCH = 2
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


@pytest.mark.parametrize("kind", gradient_models.MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("training", [True, False], ids=["trained", "evaluated"])
@pytest.mark.parametrize("batch", [1, BATCH])
def test_what_a_forward_cuts_is_not_kept(kind: Any, training: bool, batch: int) -> None:
    model = kind().train(training)
    kept = memory.kept(sc.trace(sc.from_module(model, input=kind.input)), batch)
    assert kept.exact
    assert kept.total == kept_by(model, torch.rand(batch, *kind.input))


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
    assert at(counted.macs, {"N": BATCH}) * BATCH == product_check.macs_of(model, x)
    real = kept_by(model, x)
    assert kept.exact or kind.__name__ not in EXACT
    if kept.exact:
        assert kept.total == real
    else:
        assert at(kept.total, {}) <= real


def kept_by(model: torch.nn.Module, *x: torch.Tensor) -> int:
    """The bytes of all storages that autograd is handed, but those of parameters and buffers."""
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    every = list[torch.Tensor]()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        every.append(tensor)
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x)
    with warnings.catch_warnings(), hooks:
        warnings.simplefilter("ignore")  # of checkpoints that nothing with a gradient goes into
        model(*x)
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in every}
    return sum(size for pointer, size in storages.items() if pointer not in own)


def test_shared_weights_are_counted_once() -> None:
    tied: Any = module_costs.Tied
    traced = sc.trace(sc.from_module(tied(), input=(1, 12, 12)))
    counts = [(step.path, step.params) for step in traced.steps if step.params]
    assert counts[0] == ("down", 144 * 8 + 8)
    assert counts[-2:] == [("first", 10), ("second", 1)]


def test_random_forwards_keep_what_torch_keeps() -> None:
    compared, exact, differences = forward_check.run_all(60, 20261123)
    assert not differences, differences[0]
    assert 2 * exact > compared > 50


@pytest.mark.long
def test_random_forwards_at_length() -> None:
    compared, exact, differences = forward_check.run_all(1500, 7)
    assert not differences, differences[0]
    assert 2 * exact > compared > 1400


def test_products_are_counted_as_torch_counts_them() -> None:
    compared, differences = product_check.run_all(8, 20261123)
    assert not differences, differences[0]
    assert compared > 100


@pytest.mark.long
def test_products_at_length() -> None:
    compared, differences = product_check.run_all(150, 1)
    assert not differences, differences[0]
    assert compared > 1900


def test_products_are_counted_in_symbols() -> None:
    def call(x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("nchw,ncgw->nhg", x, x)

    formula = sc.trace(sc.from_module(Called(call), input="3xHxW")).steps[-1].macs
    assert str(formula) == "3*H*H*W"


class Called(torch.nn.Module):
    """One call of torch, of what a convolution returned, and then another."""

    def __init__(self, call: Callable[..., Any], before: bool = False) -> None:
        super().__init__()
        self.call, self.before, self.conv = call, before, torch.nn.Conv2d(3, 4, 1)
        self.scale, self.weight = (
            torch.nn.Parameter(torch.rand(4, 1, 1)),
            torch.nn.Parameter(torch.rand(6, 5)),
        )
        self.frozen = torch.nn.Parameter(torch.rand(4, 6, 6), requires_grad=False)
        self.register_buffer("mean", torch.rand(4, 6, 6))

    def forward(self, x: torch.Tensor) -> Any:
        if not self.before:
            return self.call(x)
        return torch.tanh(self.call(torch.sigmoid(self.conv(x)) * 0.5 + 0.2, self))


def _words(text: str) -> list[str]:
    return text.split()


#: Methods without an argument.
METHODS = _words(
    "abs acos acosh asin asinh atan ceil cosh digamma erf erfc erfinv exp exp2 expm1 fix floor frac lgamma log log1p"
    " log10 log2 logit nan_to_num neg positive reciprocal round rsqrt sgn sign sin sinc sinh sqrt square tan tril triu"
    " trunc cos deg2rad max sum mean std sin_ exp_ sqrt_ abs_ neg_ square_ reciprocal_ tanh_ sigmoid_ relu_ round_"
)


def _added(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    x += y
    return x


attend = F.scaled_dot_product_attention
CALLS: dict[str, Callable[..., torch.Tensor]] = {
    **{name: lambda x, m, name=name: getattr(x.clone(), name)() for name in METHODS},
    "+=": lambda x, m: _added(x, x * 2),
    "add_": lambda x, m: (x * 1).add_(torch.sin(x)),
    "mul_ of a number": lambda x, m: (x * 1).mul_(3),
    "powers": lambda x, m: x**3 + x**0.5 + 2**x,
    "of a number": lambda x, m: 2 / x + (1 - x),
    "clamp": lambda x, m: x.clamp(0.1, 0.5) + torch.clamp_min(x, 0.3),
    "largest": lambda x, m: torch.max(x, 1)[0] + x.min(1).values + x.amax(1),
    "sorted": lambda x, m: x.sort(1)[0] + x.topk(4, 1)[0] + x.median(1, keepdim=True)[0],
    "lengths": lambda x, m: F.normalize(x, dim=1) * x.norm(dim=1, keepdim=True) + x.var((2, 3), keepdim=True),
    "products": lambda x, m: x.prod(1, keepdim=True) + x.logsumexp(1, keepdim=True) + x.cumprod(1),
    "by a parameter": lambda x, m: (x * m.scale + x / m.scale) * (m.scale / x) + m.scale * x,
    "by a buffer": lambda x, m: (x - m.mean) / m.mean + m.mean / x,
    "by a frozen one": lambda x, m: (x - m.frozen) * m.frozen * m.scale[:1],
    "rows": lambda x, m: x @ m.weight + x.flatten(1, 2).view(-1, 4, 6, 6) @ m.weight,
    "columns": lambda x, m: (m.weight.t() @ x) * 2 + x.sum(),
    "turned rows": lambda x, m: x.transpose(2, 3) @ m.weight,
    "a row": lambda x, m: x @ m.weight[:, 0],
    "squares": lambda x, m: x @ x + x.transpose(2, 3) @ x,
    "a mask": lambda x, m: torch.where(x > 0.5, x, x * 2) * (x > 0.3),
    "a mask of numbers": lambda x, m: x * (x > 0.5).type_as(x) + torch.maximum(x, x * 2),
    "detached": lambda x, m: (x - x.mean(1, keepdim=True).detach()) / x.std().detach() * x.detach(),
    "norms": lambda x, m: F.layer_norm(x, (6,)) + F.rms_norm(x, (6,)) + F.group_norm(x, 2),
    "batch norms": lambda x, m: (
        F.batch_norm(x, m.mean[:, 0, 0], m.mean[:, 0, 1]) + F.batch_norm(x, None, None, training=True)
    ),
    "like": lambda x, m: x * torch.randn_like(x) + torch.zeros_like(x),
    "rows of a copy": lambda x, m: x.permute(0, 2, 3, 1).contiguous().view(-1, 4) * 2,
    "attention": lambda x, m: attend(x, x * 2, x * 3) + attend(x, x, x, is_causal=True),
    "attention in steps": lambda x, m: (
        attend(x.flatten(2), x.flatten(2), x.flatten(2)).sum() + attend(x, x, x[..., :2])
    ),
    "attention with a dropout": lambda x, m: attend(x, x * 2, x, dropout_p=0.1),
    "attention turned": lambda x, m: attend(x.mT, x.mT, x.mT).transpose(1, 2).reshape(len(x), -1),
    "attention to what is detached": lambda x, m: attend(x, x.detach(), x.detach()),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_calls_keep_what_torch_keeps(name: str, dtype: str) -> None:
    model = Called(CALLS[name], before=True)
    traced = sc.trace(sc.from_module(model, input=(3, 6, 6)))
    for batch in (1, 2):
        kept = memory.kept(traced, batch, dtype)
        x = torch.rand(batch, 3, 6, 6, dtype=getattr(torch, dtype))
        assert kept.exact
        assert kept.total == kept_by(copy.deepcopy(model).to(x.dtype), x)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, m: x.double().sin().to(x.dtype),  # numbers of another type
        lambda x, m: x * (m.scale * 2),  # a tensor made of parameters
        lambda x, m: x * torch.arange(6.0),  # a tensor made in the forward
        lambda x, m: attend(x, x, x, attn_mask=m.mean[0]),
        lambda x, m: torch.utils.checkpoint.checkpoint(
            torch.sin, x * 1, use_reentrant=False, context_fn=_contexts
        ),
    ],
)
def test_what_is_not_known_is_not_told(call: Any) -> None:
    model = Called(call, before=True)
    kept = memory.kept(sc.trace(sc.from_module(model, input=(3, 6, 6))), BATCH)
    assert not kept.exact
    assert at(kept.total, {}) <= kept_by(model, torch.rand(BATCH, 3, 6, 6))


def _contexts() -> tuple[Any, Any]:
    return nullcontext(), nullcontext()


@pytest.mark.parametrize("kind", [module_models.Tokens, module_models.TwoInputs])
def test_further_inputs_and_integers(kind: Any) -> None:
    model, dtype = kind(), getattr(kind, "dtype", None)
    sizes = kind.input if isinstance(kind.input, list) else [kind.input]
    kept = memory.kept(sc.trace(sc.from_module(model, input=sizes, dtype=dtype)), BATCH)
    tensors = [torch.ones(BATCH, *one, dtype=dtype) for one in sizes]
    assert kept.exact is (kind is module_models.TwoInputs)  # a pool of what lies turned round
    assert at(kept.total, {}) <= kept_by(model, *tensors)
    assert not kept.exact or kept.total == kept_by(model, *tensors)


@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "more", [{}, {"padding_idx": 0}, {"include_last_offset": True}, {"scale_grad_by_freq": True}]
)
def test_bags(mode: str, dtype: str, more: dict[str, Any]) -> None:
    if mode == "max":
        more = {name: value for name, value in more.items() if name != "scale_grad_by_freq"}
    model = torch.nn.EmbeddingBag(50, 6, mode=mode, **more).to(getattr(torch, dtype))
    bags = torch.randint(1, 50, (4, 5))
    kept = memory.kept(sc.trace(sc.from_module(model, input=(5,), dtype=torch.int64)), 4, dtype)
    assert kept.exact
    assert kept.total == kept_by(model, bags)
