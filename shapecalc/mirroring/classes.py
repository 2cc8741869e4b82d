"""Which output_padding serves which sizes: one decoder for each class of sizes of an axis."""

from __future__ import annotations

from typing import NamedTuple

from ..algebra.sets import SizeSet
from ..input_sizes import Sizes
from ..problem import SpecError
from ..size import SizeLimit, at
from .decoder import completed, entries, nodes, parts
from .way import Way, way_through
from .whole import whole

#: More classes than this are not listed.
MOST = 16
#: Sizes near this one stand for their class.
TYPICAL = 64


class Served(NamedTuple):
    """Sizes of one axis, and what each transposed convolution takes there, by its path.

    The kernel differs too behind a pool with ceil_mode.
    """

    sizes: SizeSet
    output_padding: dict[str, int]
    kernel_size: dict[str, int]


def served(way: Way) -> dict[str, list[Served]]:
    """For every letter of the input the classes of its sizes, the largest first; {} where that is not known.

    Each class is found by mirroring a size that is not served yet, and asking for which sizes that decoder holds.
    """
    running = Sizes(way.arch, way.shape).running
    try:
        typical = running.nearest(**dict.fromkeys(running.symbols, TYPICAL))
        if not way.is_symbolic or typical is None:
            return {}
        return {str(size): _of_axis(way, str(size), typical) for size in _letters(way)}
    except (SizeLimit, SpecError):
        return {}


def _letters(way: Way) -> list[object]:
    """The input's letters, each once, but the batch."""
    return [size for size in dict.fromkeys(way.shape[1:]) if not isinstance(size, int)]


def _of_axis(way: Way, letter: str, typical: dict[str, int]) -> list[Served]:
    left = Sizes(way.arch, way.shape).running.with_fixed(letter, **typical)
    found: list[Served] = []
    while left and len(found) <= MOST:
        size = left.nearest(TYPICAL)
        assert size is not None
        point = {**typical, letter: size}
        shape = tuple([at(size, point) if position else size for position, size in enumerate(way.shape)])
        here = way_through(way.arch, shape)
        decoder = nodes(here, completed(here, entries(parts(here, "transpose"))))
        sizes = Sizes(whole(here, decoder), way.shape).holding.with_fixed(letter, **typical)
        axis = [str(size) for size in way.shape].index(letter) - 2
        paddings, kernels = (
            {
                f"decoder.{node.path}": node.layer.per_axis(name)[axis]
                for node in decoder
                if "output_padding" in node.layer.fields and node.layer.per_axis("stride")[axis] > 1
            }
            for name in ("output_padding", "kernel_size")
        )
        found.append(Served(sizes, paddings, kernels))
        left -= sizes
    return sorted(found, key=lambda one: sorted(one.output_padding.items()))
