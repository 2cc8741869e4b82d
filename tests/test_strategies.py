"""The hypothesis strategies, each drawn thing run by real torch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from torch_oracle import shapes_of, torch_shapes

import shapecalc as sc
from shapecalc.arch import Arch
from shapecalc.strategies import architectures, inputs, points

MEL = "input: 1x10x474\nencoder:\n  - Conv2d(1, 4, 5, stride=2, padding=1)\ndecoder:\n  - ConvTranspose2d(4, 1, 5, stride=2, padding=1)\n"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(architectures())
def test_architectures_run_in_torch(arch: Arch) -> None:
    traced = sc.trace(arch)
    assert traced.ok
    assert torch_shapes(arch, traced, traced.input) == shapes_of(traced)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(architectures(autoencoder=True))
def test_autoencoders_return_their_input(arch: Arch) -> None:
    traced = sc.trace(arch)
    assert arch.contract.mirrors
    assert traced.output == traced.input


@settings(max_examples=30, deadline=None, derandomize=True)
@given(inputs(sc.loads(MEL), "1xHxW", most=64))
def test_inputs_run(shape: tuple[int, ...]) -> None:
    assert max(shape) <= 64
    assert sc.trace(sc.loads(MEL), shape).output is not None


@settings(max_examples=30, deadline=None, derandomize=True)
@given(inputs(sc.loads(MEL), "1x11xW", holds=True))
def test_inputs_that_hold_come_back(shape: tuple[int, ...]) -> None:
    assert sc.trace(sc.loads(MEL), shape).output == shape


def test_no_legal_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="no size up to 2 runs"):
        points(sc.sizes(sc.loads(MEL), "1xHxW"), most=2)
