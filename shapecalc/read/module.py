"""`from_module`: an Arch from a `torch.nn.Module`."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from ..arch import Arch, Origin
from ..problem import NO_INPUT, SpecError
from ..shapes import Shape, whole_shape
from ..size import Size

if TYPE_CHECKING:
    from torch import nn

#: One input: a sample.
One = str | int | Sequence[Size]
#: What a model takes: a sample, a list of samples, or samples by the names of forward's arguments.
Given = One | Sequence[One] | Mapping[str, One]


def from_module(
    model: nn.Module,
    input: Given | None = None,
    dtype: Any = None,
    batch: int | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> Arch:
    """The architecture of a model, as its forward runs at `input`; see `shapecalc.from_module`."""
    from .capture.capture import Capture
    from .capture.run import Model, Source, dtype_of

    first, others = _inputs(input)
    dtypes = list(dtype) if isinstance(dtype, (list, tuple)) else [dtype]
    path, text = _written_in(type(model))
    known = Model(model, others, [dtype_of(one) for one in dtypes], batch, origins or {}, Source(path, text))
    return Capture(known, first).arch()


def is_module(target: object) -> TypeGuard[nn.Module]:
    """Whether it is a module; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(target, torch.nn.Module)


def _inputs(given: Given | None) -> tuple[Shape, Mapping[str, Shape] | Sequence[Shape]]:
    """The first input and the others, with their batches."""
    if given is None:
        raise SpecError(NO_INPUT, "a module's input is not known", help='give input="1x28x28"')
    if isinstance(given, str) and ";" in given:
        parts = [whole_shape(part) for part in given.split(";") if part.strip()] or [whole_shape(given)]
        return parts[0], parts[1:]
    if isinstance(given, Mapping):
        (_, first), *others = given.items()
        return whole_shape(first), {name: whole_shape(other) for name, other in others}
    if isinstance(given, (list, tuple)) and any(
        isinstance(one, (list, tuple)) or _is_shape(one) for one in given
    ):
        shapes = [whole_shape(one) for one in given]
        return shapes[0], shapes[1:]
    return whole_shape(given), ()  # type: ignore[arg-type]


def _is_shape(one: object) -> bool:
    """Text that spells more than a letter or a number: one of several shapes, not one size of a shape."""
    return isinstance(one, str) and any(sign in one for sign in "x×X,")


def _written_in(cls: type) -> tuple[str | None, str | None]:
    """The file of a class and its text; None for torch's own, and for what was typed into a session."""
    if cls.__module__.partition(".")[0] == "torch":
        return None, None
    try:
        path = inspect.getsourcefile(cls)
        if path is None:
            return None, None
        with open(path, encoding="utf-8") as file:
            return _short(path), file.read()
    except (OSError, TypeError, UnicodeDecodeError):
        return None, None


def _short(path: str) -> str:
    """The path as seen from the working directory, where it lies in it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
