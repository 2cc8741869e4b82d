"""`model.py:CAE` and `package.module:factory`: the file is imported, the model built.

Importing a file runs it, as Python does; nothing else here does. What goes wrong is told with its place.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from ..arch import Arch
from ..problem import NO_INPUT, SYNTAX, UNBUILT, Place, Problem, ShapeError, SpecError
from ..registry import nearest

if TYPE_CHECKING:
    from .capture.construct import Construction as Construction
else:

    def __getattr__(name: str) -> Any:
        if name == "Construction":
            from .capture.construct import Construction

            return Construction
        raise AttributeError(name)


def is_target(path: str) -> bool:
    """Whether a path names a class or a factory in a Python file or module.

    >>> is_target("model.py:CAE"), is_target("package.nets:unet"), is_target("mel.arch.yaml"), is_target("C:/a.yaml")
    (True, True, False, False)
    """
    module, colon, name = path.rpartition(":")
    return bool(colon) and name.isidentifier() and (module.endswith(".py") or _is_dotted(module))


def _is_dotted(module: str) -> bool:
    return all(part.isidentifier() for part in module.split(".")) and len(module) > 1


def split(target: str) -> tuple[str, str]:
    """The file or module, and the name in it."""
    module, _, name = target.rpartition(":")
    return module, name


def load_file(path: str) -> ModuleType:
    """Import a Python file under its own name; its folder is on the path while it is. Raises `SpecError`.

    What the import of a file prints goes where it goes.
    """
    name = os.path.splitext(os.path.basename(path))[0]
    if not os.path.isfile(path):
        raise SpecError(UNBUILT, f"there is no file `{path}`")
    module_name = name if name.isidentifier() and name not in sys.modules else f"_shapecalc_{abs(hash(path))}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise SpecError(UNBUILT, f"`{path}` is no Python file")
    module = importlib.util.module_from_spec(spec)
    folder = os.path.dirname(os.path.abspath(path))
    sys.path.insert(0, folder)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(module_name, None)
        raise import_failure(error, path) from None
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
    return module


def load_module(name: str) -> ModuleType:
    """Import a module by its dotted name, the working directory first. Raises `SpecError`."""
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise import_failure(error, name) from None
    finally:
        sys.path.remove(os.getcwd())


def import_failure(error: BaseException, path: str) -> ShapeError:
    """Why a file cannot be imported, with the line in it. What is no error of the file's is raised again."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    if isinstance(error, SyntaxError):
        line, column = error.lineno or 1, error.offset or 1
        place = Place(line, column, error.end_lineno or line, max(error.end_offset or 0, column + 1))
        return ShapeError(Problem(SYNTAX, f"Python cannot read the file: {error.msg}", place=place))
    found = line_in(error.__traceback__, path)
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, SystemExit):
        what = "it ends the program (SystemExit); is a guard `if __name__ == '__main__':` missing?"
    at = Place(found, 1, found, 2) if found else None
    help = None
    if isinstance(error, ModuleNotFoundError):
        help = f"install `{error.name}` beside shapecalc, or run it where `{error.name}` is installed"
    return ShapeError(Problem(UNBUILT, f"importing `{path}` fails: {what}", help=help, place=at))


def line_in(traceback: TracebackType | None, path: str) -> int | None:
    """The deepest line of a file in a traceback."""
    found = None
    while traceback is not None:
        if os.path.realpath(traceback.tb_frame.f_code.co_filename) == os.path.realpath(path):
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def construct(module: ModuleType, name: str, call: str | None = None) -> Construction:
    """What a class or a factory makes. Raises `SpecError` where there is none, `ShapeError` where it fails."""
    from .capture.construct import constructed

    if call is None and not hasattr(module, name):
        names = [known for known in vars(module) if not known.startswith("_")]
        near = nearest(name, names)
        help = f"did you mean `{near}`?" if near else None
        raise SpecError(UNBUILT, f"`{module.__name__}` has no `{name}`", help=help)
    return constructed(module, name, call)


def read_target(target: str, input: Any, call: str | None = None, batch: int | None = None) -> Arch:
    """The architecture of `model.py:CAE` at an input. Raises as `load_file`, `construct` and `from_module` do."""
    from .module import from_module

    file, name = split(target)
    if input is None:
        raise SpecError(NO_INPUT, "a model's input is not known", help="give `--input 1x28x28`")
    module = load_file(file) if file.endswith(".py") else load_module(file)
    built = construct(module, name, call)
    return from_module(built.module, input, batch=batch, origins=built.origins)


def text_of(path: str) -> str | None:
    """The text of a Python file, to quote; None where there is none."""
    from .decode import decode

    try:
        with open(path, "rb") as file:
            return decode(file.read())
    except (OSError, SpecError):
        return None
