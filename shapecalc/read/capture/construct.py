"""The model built: without memory for its weights where that works, with the place of every layer noted."""

from __future__ import annotations

import linecache
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any, NamedTuple

import torch
from torch import nn

from ...arch import Origin
from ...layer import KINDS
from ...problem import RAISED, UNBUILT, Place, Problem, ShapeError, SpecError
from . import attribute_path
from .frames import is_users, place_in
from .state import replaced, same_random_numbers

#: Where a layer was constructed: the file and the stretch of its call.
Made = tuple[str, Place]


class Construction(NamedTuple):
    """A model, and the calls that constructed its layers, by path."""

    module: nn.Module
    origins: Mapping[str, Origin]


def constructed(namespace: ModuleType, name: str, call: str | None) -> Construction:
    """Build `name()`, or evaluate `call` in the file's own names."""
    made: dict[int, tuple[nn.Module, Made]] = {}
    failed: list[tuple[str, Any]] = []
    build = _building(namespace, name, call)
    with same_random_numbers(), _noted(made, failed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _built(build, made, failed, namespace.__file__)
    if not isinstance(model, nn.Module):
        kind = type(model).__name__
        raise SpecError(UNBUILT, f"`{call or name}` gives a {kind}, and no torch.nn.Module")
    file = getattr(sys.modules.get(type(model).__module__), "__file__", None) or namespace.__file__
    origins = {
        path: _origin(made[id(module)][1])
        for path, module in model.named_modules()
        if id(module) in made and made[id(module)][1][0] == file
    }
    return Construction(model, origins)


def _building(namespace: ModuleType, name: str, call: str | None) -> Callable[[], Any]:
    if call is not None:
        code = compile(call, "--call", "eval")
        return lambda: eval(code, vars(namespace))
    target = getattr(namespace, name)
    if isinstance(target, nn.Module):
        return lambda: target
    if not callable(target):
        raise SpecError(UNBUILT, f"`{name}` is a {type(target).__name__}, neither a class nor a factory")
    return target  # type: ignore[no-any-return]


def _built(build: Callable[[], Any], made: dict[int, Any], failed: list[Any], file: str | None) -> Any:
    """On the meta device, which costs no memory; where that is refused, as it is."""
    try:
        with torch.device("meta"):
            return build()
    except Exception:
        made.clear()
        failed.clear()
    try:
        return build()
    except RecursionError as error:
        raise _failure(error, failed, file, "the constructor calls itself without end") from None
    except Exception as error:
        raise _failure(error, failed, file, None) from None


def _failure(error: BaseException, failed: list[Any], file: str | None, text: str | None) -> ShapeError:
    """Why the constructor fails: by the layer's own rule where it is a layer that is refused."""
    found = place_in(error.__traceback__)
    path = attribute_path.of(error.__traceback__)
    place = line_place(found[1], file) if found and found[0] == file else None
    where = f"at {found[0]}:{found[1]}" if found and place is None else None
    label = f"construct:{path}" if path else "construct"
    own = _refusal(failed, error)
    if own is not None:
        note = "; ".join(part for part in (own.note, where) if part)
        return ShapeError(own._replace(path=label, place=place, note=note))
    said = " ".join(str(error).split())[:300]
    kind = type(error).__name__
    message = text or (f"the constructor raises {kind}: {said}" if said else f"the constructor raises {kind}")
    help = None
    if isinstance(error, TypeError) and "required" in said and path == "":
        help = 'give the arguments: --call "Class(latent=32)"'
    return ShapeError(Problem(RAISED, message, note=where, help=help, path=label, place=place))


def line_place(line: int, file: str) -> Place:
    """A line of a file, without its indentation."""
    text = linecache.getline(file, line).rstrip()
    return Place(line, len(text) - len(text.lstrip()) + 1, line, len(text) + 1)


def _refusal(failed: list[tuple[str, Any]], error: BaseException) -> Problem | None:
    """What our kind says of the arguments that torch's constructor refused."""
    if not failed or failed[0][1][2] is not error:
        return None
    name, (args, kwargs, _) = failed[0]
    try:
        KINDS[name](*args, **kwargs)
    except ShapeError as refused:
        text = f"{name}: {refused.problem.message}"
        return refused.problem._replace(message=text)
    except Exception:
        return None
    return None


def _noted(
    made: dict[int, tuple[nn.Module, Made]], failed: list[tuple[str, Any]]
) -> AbstractContextManager[None]:
    """While it is open, the constructors of torch.nn's layers note where they are called, and what is refused."""

    def noting(cls: type, init: Any) -> Any:
        def noted(self: nn.Module, *args: Any, **kwargs: Any) -> None:
            try:
                init(self, *args, **kwargs)
            except Exception as error:
                if not failed:
                    failed.append((cls.__name__, (args, kwargs, error)))
                raise
            if type(self) is cls or id(self) not in made:
                place = _call_place(sys._getframe(1))
                if place is not None:
                    made[id(self)] = self, place

        return noted

    classes = [cls for name in KINDS if isinstance(cls := getattr(nn, name, None), type)]
    return replaced([cls for cls in classes if "__init__" in cls.__dict__], "__init__", noting)


def _call_place(frame: Any) -> Made | None:
    """The call in the user's code that constructs a layer."""
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith("<"):
        return None
    span = attribute_path.positions(frame.f_code, frame.f_lasti)
    line, end_line, column, end_column = span or (frame.f_lineno, frame.f_lineno, 0, 1)
    return frame.f_code.co_filename, Place(line, column + 1, end_line, end_column + 1)


def _origin(made: Made) -> Origin:
    """The call as a place; it is not edited, and its arguments are not told apart."""
    place = made[1]
    return Origin((0, 0), (0, 0), {}, lambda start, end: place, editable=False)
