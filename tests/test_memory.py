"""What is kept for the backward pass: against torch, by hand, and where no rule says it."""

from __future__ import annotations

import pytest
import saved_check
import torch

from shapecalc import cost, loads, trace
from shapecalc.input_sizes import freed
from shapecalc.layer import KINDS, Layer
from shapecalc.memory import kept
from shapecalc.show.page.follow import with_formulas
from shapecalc.size import at
from shapecalc.trace import trace_whole


def kept_by(input: str, *layers: str, batch: int = 1) -> tuple[tuple[object, ...], bool]:
    lines = [f"input: {input}", "layers:", *(f"  - {layer}" for layer in layers)]
    found = kept(trace(loads("\n".join(lines))), batch)
    return found.steps, found.exact


def test_random_networks_and_kinds_keep_what_torch_keeps() -> None:
    found = saved_check.run_all(60, 2, 20261122)
    assert not found.differences, found.differences[0]
    assert found.compared > 5 * found.unknown
    assert found.compared > 800


@pytest.mark.parametrize("dtype", [name for name in cost.BYTES if name != "float32"])
def test_other_types(dtype: str) -> None:
    found = saved_check.run_all(10, 1, 7, getattr(torch, dtype))
    assert not found.differences, found.differences[0]


@pytest.mark.long
@pytest.mark.parametrize("dtype", cost.BYTES)
def test_random_networks_at_length(dtype: str) -> None:
    found = saved_check.run_all(1000, 30, 1, getattr(torch, dtype))
    assert not found.differences, found.differences[0]


@pytest.mark.parametrize(
    ("layers", "steps"),
    [
        (("ReLU", "Conv2d(1, 1, 3)"), (0, 400)),  # nothing before the first weight has a gradient
        (("Conv2d(1, 1, 1)", "ReLU"), (400, 400)),
        (("Conv2d(1, 1, 1)", "ReLU", "Conv2d(1, 1, 1)", "ReLU"), (400, 400, 0, 400)),  # once, not twice
        (("Conv2d(1, 1, 1)", "ReLU(inplace=True)"), (400, 400)),
        (("Conv2d(1, 1, 1)", "SiLU", "SiLU(inplace=True)"), (400, 400, 400)),
        (("Conv2d(1, 1, 1)", "MaxPool2d(2)"), (400, 400 + 25 * 8)),
        (("Conv2d(1, 1, 1)", "AvgPool2d(2)"), (400, 400)),
        (("Conv2d(1, 1, 1)", "AdaptiveAvgPool2d(1)", "Flatten"), (400, 0, 0)),
        (("Conv2d(1, 1, 1)", "BatchNorm2d(1)"), (400, 400 + 2 * 4)),
        (("Conv2d(1, 1, 1)", "Dropout()"), (400, 400)),
        (("Conv2d(1, 1, 1)", "Upsample(scale_factor=2)"), (400, 0)),
        (("Conv2d(1, 1, 1)", "Flatten", "Linear(100, 3)", "Softmax(1)"), (400, 0, 400, 12)),
        (("Conv2d(1, 1, 1)", "ReLU", "Flatten", "Linear(100, 3)"), (400, 400, 0, 0)),
        (("Conv2d(1, 1, 3, padding=1, padding_mode='circular')", "Tanh"), (576, 400)),
        (("up: Conv2d(1, 1, 1)", "Cat(up, input)"), (400, 0)),
        (("up: Conv2d(1, 1, 1)", "Mul(up, input)"), (400, 0)),  # the input, for the gradient of `up`
    ],
)
def test_by_hand(layers: tuple[str, ...], steps: tuple[int, ...]) -> None:
    assert kept_by("1x10x10", *layers) == (steps, True)


def test_the_batch_multiplies_all_but_statistics() -> None:
    assert kept_by("1x10x10", "Conv2d(1, 2, 1)", "BatchNorm2d(2)", batch=8) == ((3200, 6400 + 16), True)


def test_no_rule_is_no_guess() -> None:
    layer = "MultiheadAttention(8, 2, add_zero_attn=True, batch_first=True)"
    steps, exact = kept_by("5x8", "Linear(8, 8)", layer, "Linear(8, 8)", "ReLU")
    assert not exact
    assert steps == (160, None, 160, 160)


def test_unpooling_keeps_the_indices_of_its_pool_once() -> None:
    pool, unpool = torch.nn.MaxPool2d(2, return_indices=True), torch.nn.MaxUnpool2d(2)
    every = list[torch.Tensor]()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        every.append(tensor)
        return tensor

    convs = torch.nn.Conv2d(1, 2, 1), torch.nn.Conv2d(2, 2, 1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        small, indices = pool(convs[0](torch.rand(1, 1, 10, 10)))
        convs[1](unpool(small, indices))
    weights = {one.untyped_storage().data_ptr() for conv in convs for one in conv.parameters()}
    real = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in every}
    layers = "Conv2d(1, 2, 1)", "pool: MaxPool2d(2)", "MaxUnpool2d(2, indices=pool)", "Conv2d(2, 2, 1)"
    steps, exact = kept_by("1x10x10", *layers)
    assert exact
    assert sum(size for size in steps if isinstance(size, int)) == sum(
        size for pointer, size in real.items() if pointer not in weights
    )


def test_symbols_give_formulas() -> None:
    layers = "Conv2d(1, 4, 3, stride=2)", "BatchNorm2d(4)", "ReLU", "MaxPool2d(2)", "ConvTranspose2d(4, 1, 3)"
    text = "\n".join(["input: 1xHxW", "layers:", *(f"  - {layer}" for layer in layers)])
    formula, numbers = kept(trace(loads(text)), 3), kept(trace(loads(text), "1x21x34"), 3)
    assert at(formula.total, {"H": 21, "W": 34}) == numbers.total
    assert [at(size, {"H": 21, "W": 34}) for size in formula.steps if size is not None] == [*numbers.steps]


def test_kinds_have_a_rule() -> None:
    assert not [kind.__name__ for kind in KINDS.values() if kind.saved is Layer.saved]


@pytest.mark.parametrize(
    ("input", "layers", "steps"),
    [
        ("4x5x6", ("Conv2d(4, 2, 1)", "Chunk(2, dim=1, index=0)", "Sigmoid"), (480, 0, 120)),
        (
            "4x5x6",
            ("Conv2d(4, 2, 1)", "Chunk(2, dim=1, index=0)", "SiLU"),
            (480, 0, 240),
        ),  # the whole that it is a part of
        (
            "4x5x6",
            ("Conv2d(4, 2, 1)", "Permute(0, 2, 3, 1)", "Linear(2, 3)"),
            (480, 0, 240),
        ),  # as rows: a copy
        (
            "4x5x6",
            ("Conv2d(4, 2, 1)", "Flatten(2)", "Transpose(1, 2)", "LayerNorm(2)"),
            (480, 0, 0, 240 + 240),
        ),
        ("4x5x6", ("Conv2d(4, 2, 1)", "Permute(0, 2, 3, 1)", "Reshape(N, 60)", "Tanh"), (480, 0, 0, 240)),
        ("5x3", ("RNN(3, 7, batch_first=True)",), (4 * (15 + 7 * 6),)),
        ("5x3", ("GRU(3, 7, batch_first=True)",), (4 * (15 + 7 * 7 * 5),)),
        ("5x8", ("MultiheadAttention(8, 2, batch_first=True)",), (4 * (40 + 5 * 40 + 50),)),
        (
            "5x8",
            ("TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)",),
            (4 * (40 + 170 + 50 + 40 + 80 + 50),),
        ),
    ],
)
def test_where_numbers_lie(input: str, layers: tuple[str, ...], steps: tuple[int, ...]) -> None:
    assert kept_by(input, *layers) == (steps, True)


def test_strides_are_torchs() -> None:
    found = saved_check.run_strides(60, 3, 20261122)
    assert not found.differences, found.differences[0]
    assert found.compared > 10 * found.unknown


def test_embeddings_keep_their_integers() -> None:
    assert kept_by("9", "Embedding(50, 12)", "Linear(12, 2)") == ((72, 9 * 12 * 4), True)


def test_attention_in_symbols() -> None:
    layers = "Conv2d(3, 8, 4, stride=4)", "Flatten(2)", "Transpose(1, 2)", "LayerNorm(8)"
    text = "\n".join(["input: 3xHxW", "layers:", *(f"  - {layer}" for layer in layers)])
    formula, numbers = kept(trace(loads(text)), 2), kept(trace(loads(text), "3x21x34"), 2)
    assert formula.exact
    assert at(formula.total, {"H": 21, "W": 34}) == numbers.total


def test_the_workspace_of_features_that_are_a_letter_is_not_known() -> None:
    arch = loads("input: 3x28\nlayers: ['LSTM(_, 2, batch_first=True)']")
    assert kept(trace(arch), 1).exact
    assert arch.input is not None
    shape = freed(arch.input)
    followed = trace_whole(with_formulas(arch, shape), shape)
    assert followed.failed is None
    assert not kept(followed, 1).exact
