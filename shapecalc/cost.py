"""What a network costs: parameters, multiply-accumulates, and the numbers that its steps return.

>>> from shapecalc import loads, trace
>>> traced = trace(loads("input: 1x10x474\\nlayers: ['Conv2d(1, 16, 3, stride=2, padding=1)', ReLU()]"))
>>> of(traced.steps[0])
Cost(params=160, macs=170640, activations=18960)
>>> total(traced).flops, total(traced).bytes(batch=32)
(341280, 4853760)

Sizes that are symbols stay symbols: a cost is then a formula. Multiply-accumulates are what
`torch.utils.flop_counter` counts, halved. Of memory only the outputs are counted, one tensor for each step: a view
or an in-place step as if it made its own, and nothing that a kernel needs while it runs. What autograd keeps for the
backward pass is in `memory`.
"""

from __future__ import annotations

from typing import NamedTuple

from .size import Size, product
from .trace import Step, Trace

#: Bytes of one number.
BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}


class Cost(NamedTuple):
    """Of one step or of all: parameters, and for one sample the multiply-accumulates and the numbers returned."""

    params: int = 0
    macs: Size = 0
    activations: Size = 0

    @property
    def flops(self) -> Size:
        """Two for each multiply-accumulate."""
        return 2 * self.macs

    def bytes(self, batch: int = 1, dtype: str = "float32") -> Size:
        """The memory of the outputs of a batch."""
        return self.activations * batch * BYTES[dtype]

    def parameter_bytes(self, dtype: str = "float32") -> int:
        """The memory of the parameters."""
        return self.params * BYTES[dtype]


def of(step: Step) -> Cost:
    """The cost of one step."""
    return Cost(step.params, step.macs, product(step.out))


def unplaced(trace: Trace) -> int:
    """The parameters of a model that are none of its layers', where its forward runs to its end."""
    return trace.arch.unplaced if trace.failed is None else 0


def total(trace: Trace) -> Cost:
    """The cost of all steps that ran, with every parameter of the model where all of them did."""
    costs = [of(step) for step in trace.steps]
    macs: Size = 0
    activations: Size = 0
    for cost in costs:
        macs, activations = macs + cost.macs, activations + cost.activations
    return Cost(sum(cost.params for cost in costs) + unplaced(trace), macs, activations)
