"""Recurrent layers, attention and transformers: shapes, costs and messages worked out by hand."""

from __future__ import annotations

import pytest
from kinds import layer, refused

from shapecalc.layer import Needs, Shape
from shapecalc.size import symbol

N, L, S = symbol("N"), symbol("L"), symbol("S")


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("RNN(80, 256)", [(L, N, 80)], (L, N, 256)),
        ("GRU(80, 256, bidirectional=True)", [(N, L, 80)], (N, L, 512)),
        ("LSTM(80, 256, 2, proj_size=32, bidirectional=True)", [(10, 2, 80)], (10, 2, 64)),
        ("LSTM(80, 256)", [(10, 80)], (10, 256)),  # no batch
        ("LSTMCell(80, 256)", [(N, 80)], (N, 256)),
        ("GRUCell(80, 256)", [(80,)], (256,)),
        ("MultiheadAttention(64, 8)", [(L, N, 64)], (L, N, 64)),
        ("MultiheadAttention(64, 8, batch_first=True)", [(N, L, 64), (N, S, 64)], (N, L, 64)),
        (
            "MultiheadAttention(64, 8, kdim=5, vdim=7)",
            [(10, 2, 64), (20, 2, 5), (20, 2, 7)],
            (10, 2, 64),
        ),
        ("TransformerEncoderLayer(64, 8, batch_first=True)", [(N, L, 64)], (N, L, 64)),
        ("TransformerDecoderLayer(64, 8)", [(L, N, 64), (S, N, 64)], (L, N, 64)),
        ("Transformer(64, 8)", [(S, N, 64), (L, N, 64)], (L, N, 64)),
    ],
)
def test_shapes(text: str, inputs: list[Shape], expected: Shape) -> None:
    need = Needs()
    assert layer(text).shape(need, *inputs) == expected
    assert not need


@pytest.mark.parametrize(
    ("text", "inputs", "code", "message"),
    [
        ("LSTM(80, 256)", [(L, N, 64)], "SHP111", "input has 64 features, but input_size is 80"),
        (
            "LSTM(80, 256, batch_first=True)",
            [(N, 1, L, 80)],
            "SHP102",
            "input has 4 axes, and LSTM takes 3 (batch, length, features) or 2 (length, features)",
        ),
        ("LSTM(8, 5, proj_size=5)", [(N, L, 8)], "SHP101", "proj_size 5 must be smaller than hidden_size 5"),
        ("GRU(8, 5, dropout=2)", [(N, L, 8)], "SHP101", "`dropout` takes a number from 0 to 1, not 2"),
        (
            "RNNCell(8, 5)",
            [(N,)],
            "SHP102",
            "input has 1 axis, and RNNCell takes 2 (batch, features) or 1 (features)",
        ),
        ("MultiheadAttention(64, 7)", [(L, N, 64)], "SHP104", "embed_dim 64 is not divisible by num_heads 7"),
        ("MultiheadAttention(64, 8)", [(L, N, 60)], "SHP111", "query has 60 features, but embed_dim is 64"),
        (
            "MultiheadAttention(64, 8)",
            [(L, N, 64), (S, N, 32)],
            "SHP111",
            "key has 32 features, but kdim is 64",
        ),
        (
            "MultiheadAttention(64, 8)",
            [(2, 10, 64), (2, 20, 64)],
            "SHP112",
            "key has batch 20, but query has batch 10",
        ),
        (
            "MultiheadAttention(64, 8)",
            [(5, 2, 64), (5, 2, 64), (6, 2, 64)],
            "SHP112",
            "value has length 6, but key has length 5",
        ),
        ("TransformerEncoderLayer(64, 7)", [(L, N, 64)], "SHP104", "d_model 64 is not divisible by nhead 7"),
        (
            "TransformerDecoderLayer(64, 8)",
            [(L, N, 64), (S, 64)],
            "SHP102",
            "memory has 2 axes, and TransformerDecoderLayer takes 3 (length, batch, features) "
            "where the first input has 3",
        ),
        ("Transformer()", [(S, N, 512), (L, N, 80)], "SHP111", "tgt has 80 features, but d_model is 512"),
    ],
)
def test_refusals(text: str, inputs: list[Shape], code: str, message: str) -> None:
    problem = refused(text, *inputs)
    assert (problem.code.id, problem.message) == (code, message)


def test_a_batch_on_the_wrong_axis_offers_batch_first() -> None:
    problem = refused("MultiheadAttention(64, 8)", (2, 10, 64), (2, 20, 64))
    assert problem.note == "batch_first=False makes axis 1 the batch"
    assert problem.repairs == ({"batch_first": True},)


def test_key_features_without_kdim_are_explained() -> None:
    problem = refused("MultiheadAttention(64, 8)", (10, 2, 64), (10, 2, 32))
    assert problem.note == "kdim=None stands for embed_dim"
    assert problem.repairs == ({"kdim": 32},)


def test_symbolic_batches_must_agree() -> None:
    need = Needs()
    layer("MultiheadAttention(64, 8)").shape(need, (N, L, 64), (N, S, 64))
    assert [condition.symbols for condition, _ in need] == [{"L", "S"}]


@pytest.mark.parametrize(
    ("text", "inputs", "parameters", "macs"),
    [
        # 4 gates, (3 + 5) numbers each, for 4 steps of 2 samples
        ("LSTM(3, 5)", [(4, 2, 3)], 200, 8 * 4 * 5 * (3 + 5)),
        # a projection of 5 onto 2 numbers in each direction
        ("LSTM(3, 5, proj_size=2, bidirectional=True)", [(4, 2, 3)], 300, 2 * 8 * (4 * 5 * (3 + 2) + 2 * 5)),
        ("GRU(3, 5, 2)", [(4, 2, 3)], 330, 8 * 3 * 5 * (3 + 5 + 5 + 5)),
        ("RNNCell(3, 5)", [(2, 3)], 50, 2 * 5 * (3 + 5)),
        # four projections of 8 vectors, then 4 queries by 4 keys and back for each sample
        ("MultiheadAttention(6, 2)", [(4, 2, 6)] * 3, 168, 4 * 8 * 36 + 2 * 2 * 4 * 4 * 6),
        ("MultiheadAttention(6, 2, add_zero_attn=True)", [(4, 2, 6)], 168, 4 * 8 * 36 + 2 * 2 * 4 * 5 * 6),
        ("TransformerEncoderLayer(6, 2, 8)", [(4, 2, 6)], 302, 1536 + 2 * 8 * 6 * 8),
        ("Transformer()", [(4, 2, 512), (3, 2, 512)], 44_140_544, 308_736_000),
    ],
)
def test_costs(text: str, inputs: list[Shape], parameters: int, macs: int) -> None:
    built = layer(text)
    out = built.shape(Needs(), *inputs)
    assert (built.num_parameters, built.macs(out, *inputs)) == (parameters, macs)


def test_arithmetic_is_filled_in() -> None:
    lstm = layer("LSTM(80, 256, bidirectional=True)")
    assert lstm.arithmetic((N, L, 512), (N, L, 80)) == ("features 80 become 2*hidden_size = 2*256 = 512",)
