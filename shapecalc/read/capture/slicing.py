"""`x[:, 0, 1:-1]` as the layers that it is: Select, Slice, Unsqueeze."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...layer import KINDS, Layer
from ...size import Size
from .functions import made


def layers_for(index: Any, rank: int, size_of: Callable[[Any], Size]) -> list[Layer] | None:
    """The layers of an index into a tensor of `rank` axes; None where it is no plain one (tensors, lists).

    >>> layers_for((slice(None), 0, slice(1, -1)), 3, int)
    [Select(1, 0), Slice(1, start=1, end=-1)]
    """
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(not (part is None or part is ... or _is_int(part) or _is_slice(part)) for part in parts):
        return None
    named = sum(part is not None and part is not ... for part in parts)
    where = next((place for place, part in enumerate(parts) if part is ...), None)
    if where is not None:
        parts[where : where + 1] = [slice(None)] * max(rank - named, 0)
    layers, axis = [], 0
    for part in parts:
        if part is None:
            layers.append(KINDS["Unsqueeze"](axis))
        elif _is_slice(part):
            layers += _slice(part, axis, size_of)
        else:
            layers.append(made(KINDS["Select"], {"dim": axis, "index": size_of(part)}, []))
            continue
        axis += 1
    return layers


def _is_int(part: Any) -> bool:
    return isinstance(part, int) and not isinstance(part, bool)


def _is_slice(part: Any) -> bool:
    if not isinstance(part, slice):
        return False
    return all(bound is None or _is_int(bound) for bound in (part.start, part.stop, part.step))


def _slice(part: slice, axis: int, size_of: Callable[[Any], Size]) -> list[Layer]:
    if part.start in (None, 0) and part.stop is None and part.step in (None, 1):
        return []
    values: dict[str, Any] = {"dim": axis, "start": size_of(part.start or 0)}
    if part.stop is not None:
        values["end"] = size_of(part.stop)
    if part.step is not None:
        values["step"] = size_of(part.step)
    return [made(KINDS["Slice"], values, [])]
