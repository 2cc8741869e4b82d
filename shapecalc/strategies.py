"""Hypothesis strategies: legal input sizes of a network, and random architectures.

>>> from hypothesis import given
>>> import shapecalc as sc
>>> halves = sc.loads("input: 1x8x8\\nlayers: ['Conv2d(1, 4, 3, stride=2)']")
>>> @given(inputs(halves, "1xHxW", most=40))
... def runs(shape):
...     assert sc.trace(halves, shape).ok
>>> runs()
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from . import layers
from .arch import Arch, Contract, Node
from .input_sizes import Sizes
from .input_sizes import sizes as sizes_of
from .layer import KINDS, Layer
from .problem import ShapeError
from .shapes import N, Shape, sample, whole_shape
from .size import Size
from .trace import run

assert layers  # importing the package fills KINDS

#: The largest axis of a random architecture's input, by the number of its axes.
MOST = {1: 64, 2: 24, 3: 10}


def inputs(
    target: Any, input: str | Sequence[Size] | None = None, most: int = 256, holds: bool = False
) -> st.SearchStrategy[tuple[int, ...]]:
    """Samples that a network runs on: `inputs(model, "1xHxW")` draws `(1, 10, 474)` and the like.

    Letters are the axes to vary, up to `most`; with `holds` the contract must hold, too (what comes out is
    what went in). Raises `ValueError` where no size up to `most` is legal.
    """
    from .testing import architecture

    found = sizes_of(architecture(target, None if input is None else whole_shape(input)), input)
    return points(found, most, holds).map(lambda sizes: _sample(found, sizes))


def points(found: Sizes, most: int = 256, holds: bool = False) -> st.SearchStrategy[dict[str, int]]:
    """The sizes themselves, by letter. Raises `ValueError` where no size up to `most` is legal."""
    solution = found.holding if holds else found.running
    drawn = []
    for box in solution.boxes if solution.boxes is not None else solution.frame:
        axes = {name: box[name].upto(most) for name in found.symbols}
        if all(axes.values()):
            drawn.append(st.fixed_dictionaries({name: st.sampled_from(axes[name]) for name in axes}))
    if not drawn:
        raise ValueError(f"no size up to {most} {'holds' if holds else 'runs'}: {solution}")
    legal: st.SearchStrategy[dict[str, int]] = st.one_of(drawn)
    return legal if solution.boxes is not None else legal.filter(lambda sizes: solution.contains(**sizes))


@st.composite
def architectures(draw: st.DrawFn, autoencoder: bool | None = None, most_layers: int = 8) -> Arch:
    """Random architectures that run on the input that they state, 1-d to 3-d.

    With `autoencoder` true they have a decoder and return their input, with false they have none. What is
    drawn shrinks to fewer and plainer layers.
    """
    rank = draw(st.integers(1, 3))
    shape: Shape = (N, draw(st.integers(1, 4)), *(draw(st.integers(4, MOST[rank])) for _ in range(rank)))
    first, chain = shape, list[Layer]()
    for _ in range(draw(st.integers(1, most_layers))):
        layer = draw(_layer(rank, shape))
        try:
            shape = run(layer, (shape,))[1]
        except ShapeError:
            continue
        chain.append(layer)
    if not chain:
        chain.append(KINDS["Identity"]())
    nodes = [Node(f"encoder.{number}", layer, (number,)) for number, layer in enumerate(chain)]
    plain = Arch(nodes, name="Drawn", input=first, sections={"encoder": range(len(nodes))})
    if autoencoder is False or (autoencoder is None and draw(st.booleans())):
        return plain
    return _mirrored(plain)


def _mirrored(encoder: Arch) -> Arch:
    """The encoder with a decoder that returns its input; one without any change of shape gets an Identity."""
    from .mirroring.proposal import proposals

    try:
        return proposals(encoder, None, "transpose", False)[0].arch
    except ShapeError:
        count = len(encoder.nodes)
        last = Node("decoder.0", KINDS["Identity"](), (count,))
        sections = {"encoder": range(count), "decoder": range(count, count + 1)}
        return encoder.with_nodes([*encoder.nodes, last], sections, Contract(mirrors=True))


@st.composite
def _layer(draw: st.DrawFn, rank: int, shape: Shape) -> Layer:
    """A layer that may fit the shape."""
    channels = shape[1]
    kind = draw(st.sampled_from(("ReLU", "Conv", "BatchNorm", "MaxPool", "AvgPool", "Dropout")))
    if kind in ("ReLU", "Dropout"):
        return KINDS[kind]()
    if kind == "BatchNorm":
        return KINDS[f"BatchNorm{rank}d"](channels)
    kernel_size, stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    padding = draw(st.integers(0, kernel_size // 2))
    if kind == "Conv":
        out = draw(st.integers(1, 8))
        return KINDS[f"Conv{rank}d"](channels, out, kernel_size, stride, padding)
    return KINDS[f"{kind}{rank}d"](kernel_size, stride, padding)


def _sample(found: Sizes, sizes: dict[str, int]) -> tuple[int, ...]:
    return tuple(size if isinstance(size, int) else sizes[str(size)] for size in sample(found.trace.shape_in))
