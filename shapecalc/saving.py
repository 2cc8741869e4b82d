"""What autograd keeps of one layer for its backward pass: `Saved`, which a kind's `saved` returns.

Tensors are named by where they are from, as two layers that keep the same tensor keep it once. What a kind keeps is
that of torch's CPU kernels in training mode, measured with `torch.autograd.graph.saved_tensors_hooks`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .size import Size
from .strides import Sizes, reshaped

#: The strides of a view of a tensor, from its sizes and strides; None where torch makes a copy instead.
View = Callable[[Sizes, Sizes], "Sizes | None"]


#: In `Saved.when`, the layer's own weights, and what never has a gradient.
WEIGHTS, NOBODY = -1, -2
#: Of two inputs, each is kept for the gradient of the other.
CROSSWISE = ((1,), (0,))


class Saved(NamedTuple):
    """What is kept: `inputs` by number, the `output`, and tensors that nobody else sees.

    `numbers` are counted in the network's own type, `indices` are 64-bit integers, of `wide` numbers each has 32
    bits at least, and `bytes` are a kernel's own; with numbers of 16 bits all is as `halved` says, where there is one,
    and with those of 64 bits as `doubled` does.

    Where the output has no memory of its own (a step in place, a view) `shares` is the number of the input whose
    memory it has, and `view` says how. Else it has its `strides` whatever its inputs have, and may lie `within` more
    numbers than its own. Without strides its numbers lie one after another if those of all inputs do; those of an
    `elementwise` output lie as the first input's, and a `formatted` one has its channels last only if an input has.
    A `detached` output has no gradient, and may have numbers of another `width` in bytes. Where there is `more`, of
    which nobody knows how much it is, only the output's memory is told.

    An input is kept as it is, however its numbers lie, or `kept_as` a view, which may be a copy (then there are
    `copies` of it; others are kept `as_they_are`), or is only known where they lie `in_a_row`. Each is kept `when` one
    of the inputs named there has a gradient, or the layer's `WEIGHTS`; without `when`, in any case. All of it is
    known only if the inputs `graded` have a gradient, else it is as `ungraded` says, where there is one. With weights
    that are not trained all is as `frozen` says, where there is one, and with inputs whose last axis does not lie one
    after another as `spread` does.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    numbers: Size = 0
    indices: Size = 0
    wide: Size = 0
    bytes: Size = 0
    halved: Saved | None = None
    doubled: Saved | None = None
    shares: int | None = None
    view: View | None = None
    strides: Sizes | None = None
    within: Size | None = None
    elementwise: bool = False
    formatted: bool = False
    detached: bool = False
    width: int | None = None
    more: bool = False
    kept_as: View | None = None
    as_they_are: tuple[int, ...] = ()
    copies: int = 1
    in_a_row: bool = False
    when: tuple[tuple[int, ...], ...] = ()
    graded: tuple[int, ...] = ()
    ungraded: Saved | None = None
    frozen: Saved | None = None
    spread: Saved | None = None


NOTHING = Saved()
INPUT = Saved(inputs=(0,))
FORMATTED_INPUT = Saved(inputs=(0,), formatted=True)
OUTPUT = Saved(output=True)
#: The same tensor.
SAME = Saved(shares=0)


def viewed(view: View) -> Saved:
    """A view of the input, or a copy where there is no such view."""
    return Saved(shares=0, view=view)


def regrouped(out: Sizes) -> Saved:
    """The same numbers in the same order, in other sizes."""
    return viewed(lambda x, strides: reshaped(x, strides, out))


def ordered(axes: list[int]) -> Saved:
    """The axes in another order."""
    return viewed(lambda x, strides: tuple(strides[axis] for axis in axes))


def expanded(out: Sizes) -> Saved:
    """Axes of size 1 repeated, and new ones in front: all at the same numbers."""

    def repeated(x: Sizes, strides: Sizes) -> Sizes:
        new = len(out) - len(x)
        same = (stride if size == taken else 0 for size, taken, stride in zip(out[new:], x, strides))
        return (*[0] * new, *same)

    return viewed(repeated)
