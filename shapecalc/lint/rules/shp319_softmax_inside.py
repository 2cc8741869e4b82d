"""A softmax stands in the middle of the network, and a learned layer reads what it returns.

The numbers of a softmax sum to 1: of C numbers the mean is 1/C, C - 1 are free, and where one is near 1 the
gradient to all of them is near 0. It is for the end of a classifier, and for weights that multiply something else:
attention and gates. A `Linear` or a convolution behind it reads numbers that cannot all be large. Often an
activation was meant, or the softmax stayed when the network went on. The witness is the mean.

Attention is quiet, because its softmax is read by a `MatMul` or a `Mul`, and so is a code of categories: a softmax
at the end of an encoder, as in a Gumbel-softmax autoencoder (Jang et al. 2016).

Bad:
    input: 784
    layers:
      - Linear(784, 128)
      - Softmax(1)  # SHP319
      - Linear(128, 10)

Good (the end of a classifier):
    input: 784
    layers:
      - Linear(784, 128)
      - ReLU
      - Linear(128, 10)
      - Softmax(1)

Good (attention):
    input: 20x64
    layers:
      - given: Identity
      - query: Linear(64, 64)
      - key: Linear(64, 64, input=given)
      - turned: Transpose(1, 2)
      - MatMul(query, turned)
      - weights: Softmax(2)
      - MatMul(weights, given)
      - Linear(64, 64)

Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", section 6.2.2.3 (softmax units, their saturation, and
softmax as a hidden unit only where something is to be chosen).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Step, Trace
from .._spans import scales, spans
from ..rule import Finding

LEVEL = "warning"

KINDS = ("Softmax", "Softmin", "LogSoftmax", "Softmax2d")


def findings(trace: Trace) -> Iterator[Finding]:
    code = trace.arch.contract.latent_node
    for first, second in spans(trace, scales):
        step = trace.steps[first]
        if type(step.layer).__name__ not in KINDS or trace.steps[second].layer.role != "weights":
            continue
        if code is None or "decoder" not in trace.arch.sections or not first <= code < second:
            yield _finding(first, step, second, trace.steps[second])


def _finding(first: int, step: Step, second: int, reader: Step) -> Finding:
    kind = type(step.layer).__name__
    size = _size(step)
    what = "the exponentials of its numbers sum" if kind == "LogSoftmax" else "its numbers sum"
    count = (
        f"{size} of them, a mean of {1 / size:.3g}"
        if isinstance(size, int) and kind != "LogSoftmax"
        else None
    )
    return Finding(
        first,
        f"{what} to 1, and `{reader.path}` learns from them",
        count,
        labels=((second, "reads them"),),
    )


def _size(step: Step) -> object:
    """The size of the axis along which the numbers sum to 1."""
    shape, dim = step.shape_out, getattr(step.layer, "dim", -3)
    return shape[0 if len(shape) in (1, 3) else 1] if dim is None else shape[dim]
