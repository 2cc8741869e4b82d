"""Which decoder comes first, and why: what is compared, in its order."""

from __future__ import annotations

from typing import NamedTuple

from ..arch import Node


class Merit(NamedTuple):
    """What proposals are compared by; the smaller comes first."""

    is_inexact: bool
    is_for_one_size: bool
    is_uneven: bool
    parameters: int

    def over(self, other: Merit) -> str:
        """Why this one comes before the other.

        >>> Merit(False, False, False, 200).over(Merit(False, False, True, 100))
        'its outputs overlap evenly'
        """
        if self.is_inexact != other.is_inexact:
            return "it is exact"
        if self.is_for_one_size != other.is_for_one_size:
            return "it is exact for other sizes, too"
        if self.is_uneven != other.is_uneven:
            return "its outputs overlap evenly"
        if self.parameters != other.parameters:
            return f"it learns {other.parameters - self.parameters:,} fewer numbers"
        return "it keeps more of the encoder's arguments"


def uneven(decoder: tuple[Node, ...]) -> list[Node]:
    """The transposed convolutions some of whose outputs sum more taps than others."""
    return [node for node in decoder if getattr(node.layer, "is_uneven", False)]


def overlap(decoder: tuple[Node, ...]) -> str:
    """The verdict on checkerboards, in words.

    A kernel that is no multiple of its stride reaches some positions more often than others (Odena et al. 2016).
    """
    wrong = uneven(decoder)
    if wrong:
        kernel, stride = (wrong[0].layer.__dict__[name] for name in ("kernel_size", "stride"))
        others = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return f"uneven overlap: kernel {kernel} over stride {stride} in `{wrong[0].path}`{others}"
    strided = any(
        node.layer.__dict__.get("stride", 1) not in (1, None)
        for node in decoder
        if hasattr(node.layer, "is_uneven")
    )
    return "even overlap" if strided else "no overlap"
