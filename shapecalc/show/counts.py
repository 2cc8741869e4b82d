"""The pixel ledger of a step in words, a line for each axis of which there is something to say."""

from __future__ import annotations

from collections.abc import Iterator

from .. import ledger
from ..trace import Step


def counts(step: Step) -> Iterator[str]:
    """What its windows leave over, never read, read of the padding, and sum unevenly.

    >>> from shapecalc import loads, trace
    >>> for line in counts(trace(loads("input: 1x10x474\\nlayers: ['Conv2d(1, 8, 3, stride=4)']")).steps[0]):
    ...     print(line)
    height: remainder 3; never reads 4 of 10, 3 at the end
    width: remainder 3; never reads 120 of 474, 3 at the end
    """
    for axis in ledger.of(step).axes:
        said = "; ".join(_said(axis))
        if said:
            yield f"{axis.name}: {said}"


def _said(axis: ledger.Axis) -> Iterator[str]:
    if not isinstance(axis.remainder, int) or axis.remainder > 0:
        yield f"remainder {axis.remainder}"
    elif axis.remainder < 0:
        yield f"the last window reaches {-axis.remainder} beyond the end"
    if axis.never_read:
        at_end = f", {axis.dropped} at the end" if axis.dropped else ""
        yield f"never reads {axis.never_read:,} of {axis.size_in:,}{at_end}"
    if axis.padding_taps and axis.taps:
        where = "cropped away" if axis.transposed else "beyond the border"
        yield f"{axis.padding_taps:,} of {axis.taps:,} taps {where}"
    if axis.bias_only:
        yield f"no tap reaches {axis.bias_only:,} of {axis.size_out:,} outputs"
    if axis.is_uneven and not (0 in axis.pattern and (axis.never_read or axis.bias_only)):
        times = " or ".join(map(str, sorted(set(axis.pattern))))
        yield (
            f"inside, outputs sum {times} taps" if axis.transposed else f"inside, each is read {times} times"
        )
