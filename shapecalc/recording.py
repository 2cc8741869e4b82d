"""How autograd sees a forward: what stands around a call (`no_grad`, a checkpoint), and what a tensor went through.

A `Recording` is noted on each row of a forward that is captured; a spec's layers all have the plain one.
"""

from __future__ import annotations

from typing import NamedTuple

from .size import Size


class Through(NamedTuple):
    """What a tensor went through between its row and a reader, `how`, and before it (`of`); `key` tells it apart.

    A `detach` and a `leaf` are the same tensor without and with a gradient. A `clone`, a `contiguous` or a
    `channels_last` is a copy, the last two only where one is needed, and `float32` and the like are a tensor of that
    type; a copy that is made while autograd is `paused` has no gradient. A `recomputed` one has a gradient where one
    of the arguments of its `region` has. An `input` is one that is not the first, or is of integers: of this `shape`,
    each number in so many bytes (None: as wide as the network's).
    """

    key: int
    how: str
    of: Through | None = None
    region: Region | None = None
    shape: tuple[Size, ...] = ()
    width: int | None = None
    paused: bool = False


class Region(NamedTuple):
    """A checkpoint: what runs in it keeps nothing, its arguments are kept, rows with what they went through.

    A `reentrant` one keeps them only where one of them has a gradient, and what runs in it is under `no_grad`; it may
    stand in another such (`outer`). Not `known` where a tensor that is no row is an argument, or what is kept is
    decided elsewhere.
    """

    key: int
    arguments: tuple[tuple[int, Through | None], ...] = ()
    reentrant: bool = False
    known: bool = True
    outer: Region | None = None


class Recording(NamedTuple):
    """How autograd meets a layer in a forward: under `no_grad` not at all, as `enabled` says.

    The layer `learns` where some of its parameters are trained (None: if it has any), and so do its `weights` (None:
    some of them do). A module may be `evaluated`, not trained. `through` has for each source what it went through,
    `region` is the checkpoint around it, the innermost of reentrant ones. It `overwrites` its first input, as `+=`
    does. There is `more` kept than the layer says for weights made anew in each forward (weight norm), and for a state
    or a mask that is given.
    """

    enabled: bool = True
    learns: bool | None = None
    weights: bool | None = True
    evaluated: bool = False
    through: tuple[Through | None, ...] = ()
    region: Region | None = None
    overwrites: bool = False
    more: bool = False


RECORDED = Recording()
