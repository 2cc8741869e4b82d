"""Where in the user's code the forward stands: the file, the line, and the module whose method it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import CodeType, TracebackType
from typing import Any, NamedTuple

import torch

from ...arch import Call
from ...recording import RECORDED, Recording

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_PYTHON = os.path.dirname(os.__file__) + os.sep


class Spot(NamedTuple):
    """A line of the user's code (None where torch calls itself), and the path of the module that runs it.

    `recording` is what stands around the line, as far as autograd minds.
    """

    file: str | None
    line: int | None
    module: str
    recording: Recording = RECORDED

    def path(self, operation: str) -> str:
        """The path of an operation there: `up.0.forward:cat`."""
        name = f"forward:{operation.strip('_')}"
        return f"{self.module}.{name}" if self.module else name

    def call(self, standing: str = "EXACT") -> Call:
        """What a row says of where it comes from."""
        return Call(self.file, self.line, standing, recording=self.recording)

    def recorded(self, **changes: Any) -> Spot:
        """The spot, with something else in its recording."""
        return self._replace(recording=self.recording._replace(**changes))


class Stack:
    """Reads the Python stack of a running forward."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        self.paths = paths
        self._users: dict[CodeType, bool] = {}

    def spot(self) -> Spot:
        """The nearest line of the user's, and the nearest method of one of the model's modules."""
        frame = sys._getframe(1)
        file, line, module = None, None, None
        while frame is not None:
            code = frame.f_code
            if code.co_name == _LAST and code.co_filename.startswith(_HERE):
                break
            if file is None and self.is_user(code):
                file, line = code.co_filename, frame.f_lineno
            if module is None and "self" in code.co_varnames and not code.co_filename.startswith(_HERE):
                module = self.paths.get(id(frame.f_locals.get("self")))
            if file is not None and module is not None:
                break
            frame = frame.f_back  # type: ignore[assignment]
        return Spot(file, line, module or "")

    def is_user(self, code: CodeType) -> bool:
        """Whether the code is neither torch's nor Python's nor this package's."""
        known = self._users.get(code)
        if known is None:
            known = self._users[code] = is_users(code.co_filename)
        return known


#: The function below which the user's forward runs.
_LAST = "run_forward"


def is_users(file: str) -> bool:
    """Whether a file is the user's or some package's, and not torch's, Python's or this package's."""
    inside = file.startswith((_HERE, _TORCH)) or file.startswith("<frozen")
    return not inside and (not file.startswith(_PYTHON) or "site-packages" in file)


def place_in(traceback: TracebackType | None) -> tuple[str, int] | None:
    """The deepest line of the user's in a traceback."""
    found = None
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if is_users(file) and not file.startswith("<"):
            found = file, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def module_in(traceback: TracebackType | None, paths: Mapping[int, str]) -> str:
    """The deepest of the model's modules in a traceback."""
    found = ""
    while traceback is not None:
        frame = traceback.tb_frame
        if "self" in frame.f_code.co_varnames and not frame.f_code.co_filename.startswith(_HERE):
            found = paths.get(id(frame.f_locals.get("self")), found)
        traceback = traceback.tb_next
    return found


def short(file: str) -> str:
    """The path as seen from the working directory, where it lies in it."""
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
