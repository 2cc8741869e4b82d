"""What autograd keeps of one layer for its backward pass: `Saved`, which a kind's `saved` returns.

Tensors are named by where they are from, as two layers that keep the same tensor keep it once. What a kind keeps is
that of torch's CPU kernels in training mode, measured with `torch.autograd.graph.saved_tensors_hooks`.
"""

from __future__ import annotations

from typing import NamedTuple

from .size import Size


class Saved(NamedTuple):
    """What is kept: `inputs` by number, the `output`, and tensors that nobody else sees.

    `numbers` are counted in the network's own type, `indices` are 64-bit integers. Where the output has no memory
    of its own (a view, a step in place) `shares` is the number of the input whose memory it has; `strided` says that
    it skips numbers there, `reordered` that their order is another one. `crosswise` inputs are each kept for the
    gradient of the other, and those `for_own` for their own gradient. What is kept of the inputs `elsewhere` is kept
    by the layers that made them, if those have a gradient.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    numbers: Size = 0
    indices: Size = 0
    shares: int | None = None
    strided: bool = False
    reordered: bool = False
    crosswise: bool = False
    for_own: bool = False
    elsewhere: tuple[int, ...] = ()


NOTHING = Saved()
INPUT = Saved(inputs=(0,))
OUTPUT = Saved(output=True)
VIEW = Saved(shares=0)
PART = Saved(shares=0, strided=True)
REORDERED = Saved(shares=0, reordered=True)
