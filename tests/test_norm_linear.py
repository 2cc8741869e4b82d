"""Norms, linear maps, activations, dropout and embeddings: shapes and messages worked out by hand."""

from __future__ import annotations

import pytest
from kinds import layer, refused

from shapecalc.layer import Needs, Shape
from shapecalc.size import symbol

N, H, W = symbol("N"), symbol("H"), symbol("W")


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("Linear(784, 10)", [(2, 784)], (2, 10)),
        ("Linear(80, 10)", [(N, H, 80)], (N, H, 10)),
        ("Linear(80, 10)", [(80,)], (10,)),
        ("Bilinear(3, 4, 5)", [(N, 7, 3), (N, 7, 4)], (N, 7, 5)),
        ("Identity(54, unused=True)", [(N, 3)], (N, 3)),
        ("BatchNorm2d(64)", [(N, 64, H, W)], (N, 64, H, W)),
        ("BatchNorm1d(64)", [(N, 64)], (N, 64)),
        ("SyncBatchNorm(64)", [(N, 64, 2, 2, 2, 2)], (N, 64, 2, 2, 2, 2)),
        ("BatchNorm2d(64, affine=False, track_running_stats=False)", [(N, 3, H, W)], (N, 3, H, W)),
        ("InstanceNorm2d(64)", [(N, 3, 7, 7)], (N, 3, 7, 7)),  # num_features is not looked at
        ("InstanceNorm2d(64, affine=True)", [(64, 7, 7)], (64, 7, 7)),
        ("GroupNorm(8, 64, affine=False)", [(N, 16)], (N, 16)),
        ("LayerNorm((3, 4))", [(N, 5, 3, 4)], (N, 5, 3, 4)),
        ("LocalResponseNorm(50)", [(N, 3, 5)], (N, 3, 5)),
        ("PReLU(3)", [(N, 3, H, W)], (N, 3, H, W)),
        ("GLU(1)", [(N, 64, H)], (N, 32, H)),
        ("Softmax()", [(N, 10)], (N, 10)),
        ("Dropout3d()", [(7,)], (7,)),
        ("Dropout2d(0)", [(7,)], (7,)),
        ("Embedding(1000, 64)", [(N, 30)], (N, 30, 64)),
        ("EmbeddingBag(1000, 64)", [(N, 30)], (N, 64)),
        ("EmbeddingBag(1000, 64, include_last_offset=True)", [(30,), (5,)], (4, 64)),
        ("CosineSimilarity()", [(N, 128, 7), (N, 128, 7)], (N, 7)),
        ("CosineSimilarity(0)", [(4,), (4,)], ()),
        ("PairwiseDistance(keepdim=True)", [(N, 128), (128,)], (N, 1)),
    ],
)
def test_shapes(text: str, inputs: list[Shape], expected: Shape) -> None:
    need = Needs()
    assert layer(text).shape(need, *inputs) == expected
    assert not need


@pytest.mark.parametrize(
    ("text", "inputs", "code", "message"),
    [
        (
            "Linear(153600, 2048)",
            [(N, 13056)],
            "SHP111",
            "input has 13056 features, but in_features is 153600",
        ),
        (
            "Linear(10, 3)",
            [(N,)],
            "SHP102",
            "input has 1 axis, and Linear takes at least 2 (batch, ..., features)",
        ),
        ("Bilinear(3, 4, 5)", [(N, 3), (N, 5)], "SHP111", "input2 has 5 features, but in2_features is 4"),
        (
            "Bilinear(3, 4, 5)",
            [(N, 2, 3), (N, 1, 4)],
            "SHP112",
            "inputs Nx2x3 and Nx1x4 differ before their last axis",
        ),
        ("BatchNorm2d(64)", [(N, 32, H, W)], "SHP103", "input has 32 channels, but num_features is 64"),
        (
            "BatchNorm2d(64)",
            [(N, 64)],
            "SHP102",
            "input has 2 axes, and BatchNorm2d takes 4 (batch, channels, height, width)",
        ),
        (
            "BatchNorm1d(64)",
            [(1, 64)],
            "SHP116",
            "BatchNorm1d has one value per channel to normalize in training",
        ),
        ("BatchNorm1d(64, eps=0)", [(N, 64)], "SHP101", "eps must be positive during training, and is 0"),
        (
            "InstanceNorm1d(64)",
            [(N, 64, 1)],
            "SHP116",
            "InstanceNorm1d has one value per channel and sample to normalize",
        ),
        ("GroupNorm(8, 60)", [(N, 60, H)], "SHP104", "num_channels 60 is not divisible by num_groups 8"),
        ("GroupNorm(8, 64)", [(N, 60, H)], "SHP103", "input has 60 channels, but num_channels is 64"),
        ("LayerNorm(64)", [(N, 64, 7, 9)], "SHP111", "input has 9 features, but normalized_shape is 64"),
        (
            "LayerNorm((64, 7, 8))",
            [(N, 64, 7, 9)],
            "SHP111",
            "input ends in 64x7x9, but normalized_shape is (64, 7, 8)",
        ),
        ("PReLU(3)", [(N, 64, H)], "SHP103", "input has 64 channels, but num_parameters is 3"),
        ("GLU(1)", [(N, 3, 4)], "SHP111", "channels 3 is odd, and GLU halves it"),
        ("Softmax(4)", [(N, 10)], "SHP115", "dim 4 is out of range for an input of 2 axes"),
        ("Hardtanh(1, 1)", [(N,)], "SHP101", "max_val 1 must be greater than min_val 1"),
        ("Dropout(1.5)", [(N,)], "SHP101", "`p` takes a number from 0 to 1, not 1.5"),
        ("Embedding(10, 3, 10)", [(N,)], "SHP101", "padding_idx 10 must be within num_embeddings 10"),
        (
            "EmbeddingBag(10, 3)",
            [(30,)],
            "SHP117",
            "an input of 1 axis needs `offsets`, the places where the bags begin",
        ),
        (
            "EmbeddingBag(10, 3, mode='max', sparse=True)",
            [(N, 4)],
            "SHP114",
            "mode='max' does not support sparse",
        ),
        ("PairwiseDistance()", [(N, 4), (N, 5)], "SHP112", "inputs Nx4 and Nx5 do not broadcast"),
    ],
)
def test_refusals(text: str, inputs: list[Shape], code: str, message: str) -> None:
    problem = refused(text, *inputs)
    assert (problem.code.id, problem.message) == (code, message)


def test_a_wrong_linear_names_the_right_number() -> None:
    problem = refused("Linear(153600, 2048)", (N, 13056))
    assert (problem.argument, problem.repairs) == ("in_features", ({"in_features": 13056},))


def test_a_forgotten_flatten_is_named() -> None:
    problem = refused("Linear(9216, 10)", (N, 256, 6, 6))
    assert problem.message == "input has 6 features, but in_features is 9216"
    assert problem.note == (
        "`Linear` maps the last axis of Nx256x6x6; flattened it has 256*6*6 = 9216 features, "
        "so `Flatten(1)` is missing"
    )
    assert not problem.repairs


def test_a_symbolic_size_must_be_the_fixed_number() -> None:
    need = Needs()
    layer("Linear(784, 10)").shape(need, (N, 16 * (H // 4)))
    assert [str(condition) for condition, _ in need] == ["196 <= H <= 199"]
    layer("BatchNorm2d(64)").shape(need := Needs(), (1, 64, H, 1))
    assert [str(condition) for condition, _ in need] == ["H >= 2"]


def test_the_batch_is_never_read_as_channels() -> None:
    """Torch would read the first of three axes as channels; with a symbolic batch nobody means that."""
    assert refused("InstanceNorm2d(64, affine=True)", (N, 64, 7)).code.id == "SHP102"
    assert refused("LayerNorm((64, 7))", (N, 7)).code.id == "SHP102"


def test_lazy_instance_norms_have_weights_by_default() -> None:
    assert layer("InstanceNorm2d(8)").num_parameters == 0
    assert layer("LazyInstanceNorm2d()").resolved((2, 8, 5, 5)).num_parameters == 16


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("Linear(784, 10, bias=False)", 7840),
        ("Bilinear(3, 4, 5)", 65),
        ("BatchNorm2d(64, bias=False)", 64),
        ("LayerNorm((3, 4), bias=False)", 12),
        ("RMSNorm((3, 4))", 12),
        ("PReLU(16)", 16),
        ("PReLU()", 1),
        ("Embedding(1000, 64)", 64000),
    ],
)
def test_parameters(text: str, parameters: int) -> None:
    assert layer(text).num_parameters == parameters
