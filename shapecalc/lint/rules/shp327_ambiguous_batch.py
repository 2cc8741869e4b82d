"""A layer reads the batch as another axis: samples that have nothing to do with each other are mixed.

Some layers of torch take their input with the batch elsewhere, or without one, and accept it all the same. `LSTM`,
`GRU`, `RNN`, attention and transformers read axis 0 as the sequence unless `batch_first=True`: a batch of N samples
becomes a sequence of N steps, and what comes out for one sample depends on the samples before it. `Softmax` without
`dim` runs over axis 0 of an input of three axes, over the batch. `Dropout1d` on (N, C), `Dropout3d` on
(N, C, H, W) and `Softmax2d` on (N, H, W) take N for channels: they drop whole samples, or weigh them against each
other. Nothing fails; the network trains on a mixture. The witness is the gradient of one sample's output to another
sample's input, which is not 0.

An input that was turned round on purpose (`Permute(1, 0, 2)` before the LSTM) has its batch elsewhere, and the rule
is quiet. A batch that is one sequence of samples is told by `# shapecalc: ignore[SHP327] one series`.

Bad:
    input: 474x10
    layers:
      - LSTM(10, 32)  # SHP327
      - Linear(32, 10)

Bad (softmax over the batch):
    input: 5x10
    layers:
      - Linear(10, 3)
      - Softmax  # SHP327

Good:
    input: 474x10
    layers:
      - LSTM(10, 32, batch_first=True)
      - Linear(32, 10)

Good (turned round on purpose):
    input: 474x10
    layers:
      - Permute(1, 0, 2)
      - LSTM(10, 32)
      - Permute(1, 0, 2)
      - Linear(32, 10)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html (`batch_first`, and inputs without a batch);
https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html; https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...repair.changes import Change
from ...shapes import N, Shape
from ...trace import Trace
from ..rule import Finding

LEVEL = "warning"

#: Kinds that take their channels, or their sequence, from axis 0 of an input of so many axes.
CHANNELS_FIRST = {"Dropout1d": 2, "Dropout3d": 4, "Softmax2d": 3}


def findings(trace: Trace) -> Iterator[Finding]:
    for number, step in enumerate(trace.steps):
        if not step.shapes_in or N not in step.shapes_in[0][:2]:
            continue
        x = step.shapes_in[0]
        read_as = _reading(step.layer, x) if x[0] == N else _turned_round(step.layer, x)
        if read_as is not None:
            what, note, argument, value = read_as
            yield Finding(
                number,
                f"it {what}: one sample's output depends on the others",
                note,
                argument=argument,
                repairs=({number: Change({argument: value})},) if argument else (),
            )


def _reading(layer: Any, x: Shape) -> tuple[str, str, str | None, object] | None:
    """What the layer takes axis 0 for, why, and the argument with its value that mends it."""
    kind, rank = type(layer).__name__, len(x)
    if "batch_first" in layer.fields:
        if rank == 3 and not layer.batch_first:
            return (
                "reads the batch as the sequence",
                "batch_first is False, and axis 0 is N",
                "batch_first",
                True,
            )
        if rank == 2:
            return "reads the batch as one sequence", "an input of 2 axes is (length, features)", None, None
    elif kind in ("Softmax", "Softmin", "LogSoftmax"):
        return _softmax(layer, rank)
    elif CHANNELS_FIRST.get(kind) == rank and getattr(layer, "p", 1) > 0:
        does = "weighs" if kind == "Softmax2d" else "drops"
        return (
            f"reads the batch as channels, and {does} whole samples",
            f"{kind} takes {rank} axes without a batch",
            None,
            None,
        )
    return None


def _turned_round(layer: Any, x: Shape) -> tuple[str, str, str | None, object] | None:
    """The same for an input whose batch is axis 1."""
    if len(x) == 3 and "batch_first" in layer.fields and layer.batch_first:
        return "reads the batch as the sequence", "batch_first is True, and axis 1 is N", "batch_first", False
    return None


def _softmax(layer: Any, rank: int) -> tuple[str, str, str | None, object] | None:
    dim = layer.dim if layer.dim is not None else 0 if rank in (1, 3) else 1
    if dim not in (0, -rank) or rank < 2:
        return None
    why = (
        "dim is None, and means 0 for 3 axes" if layer.dim is None else f"dim is {layer.dim}, and axis 0 is N"
    )
    return "runs over the batch", why, "dim", -1
