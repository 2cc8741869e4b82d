"""What an argument may be: type aliases that carry a sort, shared by many kinds.

A layer's field is annotated with one of them: `stride: Stride`. The static type is for mypy; the sort
checks values as they come in and says what it expects.
"""

from __future__ import annotations

from typing import Annotated

from .sorts import Flag, Integer, Ints, Nothing, Real

# The sorts that many kinds share. Sorts that one family needs stand in that family's file.
Count = Annotated[int, Integer(low=1)]
Index = Annotated[int, Integer()]
InChannels = Annotated[int, Integer(low=1, axis=1)]
InFeatures = Annotated[int, Integer(low=1, axis=-1)]
Kernel = Annotated["int | tuple[int, ...]", Ints(low=1)]
Stride = Annotated["int | tuple[int, ...]", Ints(low=1, high=3)]
Dilation = Annotated["int | tuple[int, ...]", Ints(low=1, high=3)]
Padding = Annotated["int | tuple[int, ...]", Ints(low=0, high=3)]
Bool = Annotated[bool, Flag()]
Float = Annotated[float, Real()]
MaybeFloat = Annotated["float | None", Real(optional=True)]
Probability = Annotated[float, Real(low=0, high=1, samples=(0, 0.1, 0.1, 0.5, 1.0, 1.5))]
NoneOnly = Annotated[None, Nothing()]
