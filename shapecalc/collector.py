"""A pause of the garbage collector while many small values are made and none is thrown away.

A trace or a tree of 100,000 layers is a few million tuples, all alive and free of cycles: collecting while
they are made finds nothing and makes the time per layer grow with the number of layers.
"""

from __future__ import annotations

import gc


class paused:  # noqa: N801 (used as a statement, like contextlib's)
    """`with paused():` — no collection inside; afterwards as before."""

    __slots__ = ("was_enabled",)

    def __enter__(self) -> None:
        self.was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *exception: object) -> None:
        if self.was_enabled:
            gc.enable()
