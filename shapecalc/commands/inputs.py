"""What the command line is given: paths, shapes, settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from types import MappingProxyType

from ..arch import Arch
from ..lint.selection import Selection
from ..problem import UNREADABLE, Problem, ShapeError, SpecError
from ..read.target import is_target, read_target, split, text_of
from ..report import Report, judge
from ..shapes import Shape, sample, whole_shape
from ..trace import Trace
from .output import USAGE, UsageError, charset, complain, write


class Settings(dict[str, int | float]):
    """`--set` by name, `--sample`, and what a model in a Python file needs: `--call`, `--batch`, `--input` as given."""

    call: str | None = None
    batch: int | None = None
    input: str | None = None
    sample: Mapping[str, str] = MappingProxyType[str, str]({})


SUFFIX = ".arch.yaml"


def reports(
    paths: Iterable[str],
    shape: Shape | None,
    settings: Settings,
    select: Callable[[str], Selection] = lambda path: Selection(),
    excludes: Callable[[str], bool] = lambda path: False,
) -> Iterator[Report]:
    """A report on each file; for a folder, on each spec in it and below it. No file is reported twice.

    `select` gives the rules that are on for a file; `excludes` says of what was found in a folder whether it
    is left out.
    """
    seen: set[str] = set()
    for path in paths:
        try:
            files = _specs(path, excludes) if os.path.isdir(path) else [path]
        except OSError as error:
            yield unusable(path, f"cannot be read: {error.strerror}: `{error.filename}`")
            continue
        for file in files:
            if os.path.normpath(file) not in seen:
                seen.add(os.path.normpath(file))
                yield judged(file, shape, settings, select(file))
        if not files:
            yield unusable(path, f"no *{SUFFIX} in the folder")


def _specs(folder: str, excludes: Callable[[str], bool]) -> list[str]:
    """The specs in a folder and below it; hidden folders (`.git`, `.venv`) are left out."""

    def refuse(error: OSError) -> None:
        raise error

    found = []
    for below, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [
            name for name in folders if not name.startswith(".") and not excludes(os.path.join(below, name))
        ]
        found += [os.path.join(below, file) for file in files if file.endswith(SUFFIX)]
    return sorted(file for file in found if not excludes(file))


def judged(path: str, shape: Shape | None, settings: Settings, selection: Selection = Selection()) -> Report:
    """The report on one file or on stdin."""
    return judged_as(architecture(path, settings), shape, selection)


def judged_as(arch: Arch | Report, shape: Shape | None, selection: Selection = Selection()) -> Report:
    """The report on what was read; where nothing could be, the one that says why."""
    if isinstance(arch, Report):
        return arch
    try:
        return judge(arch, shape, selection)
    except SpecError as error:
        return _refused(Report(arch.path, None, (error.problem,)))


def architecture(path: str, settings: Settings) -> Arch | Report:
    """What a file or stdin describes, with the scales given; or the report that says why it describes nothing."""
    arch = _architecture(path, settings)
    if isinstance(arch, Report) or not settings.sample:
        return arch
    try:
        return arch.with_sample(settings.sample)
    except ValueError as error:
        raise UsageError(f"--sample: {error}") from None


def _architecture(path: str, settings: Settings) -> Arch | Report:
    from ..read.decode import decode
    from ..read.spec import loads

    if path.endswith(".py"):
        raise UsageError(f"{path}: which class? name it: {path}:Model")
    if ":" in path and is_target(path):
        return _model(path, settings)
    name, text = "<stdin>" if path == "-" else path, None
    try:
        text = decode(_bytes(path))
        return loads(text, name, settings)
    except OSError as error:
        return unusable(name, f"cannot be read: {error.strerror or error}")
    except SpecError as error:
        return _refused(Report(name, None, (error.problem,), text=text))


def _model(target: str, settings: Settings) -> Arch | Report:
    """What the model in a Python file does at the size given, or the report that says why it cannot be built."""
    file, _ = split(target)
    complain(f"importing `{file}`, which runs the code in it")
    try:
        with redirect_stdout(sys.stderr):  # what the file prints is not of the report
            return read_target(target, settings.input, settings.call, settings.batch)
    except SpecError as error:
        return _refused(Report(target, None, (error.problem,)))
    except ShapeError as error:
        return _refused(Report(file, None, (error.problem,), text=text_of(file)))


def _bytes(path: str) -> bytes:
    if path != "-":
        with open(path, "rb") as file:
            return file.read()
    if sys.stdin is None:
        raise OSError("stdin is closed")
    return sys.stdin.buffer.read()


def unusable(path: str, message: str) -> Report:
    """The report of a path that cannot be read."""
    return _refused(Report(path, None, (Problem(UNREADABLE, message),)))


def _refused(report: Report) -> Report:
    """The report; where its problem has no place, it is no finding but wrong usage, and is said on stderr."""
    if is_unusable(report):
        complain(f"{report.path}: {_said(report.problems[0])}")
    return report


def _said(problem: Problem) -> str:
    return f"{problem.message}; {problem.help}" if problem.help else problem.message


def is_unusable(report: Report) -> bool:
    """Whether the report is of something that could not be read, or was asked wrongly."""
    return report.trace is None and all(problem.place is None for problem in report.problems)


def shown(report: Report) -> int:
    """The exit status for a file that cannot be read or understood, once that is printed."""
    if is_unusable(report):
        return USAGE
    from ..show.full import printed

    write(printed(report, charset()))
    return 1


def shape(text: str | None) -> Shape | None:
    """`--input` as a shape. Raises `UsageError`."""
    try:
        return None if text is None else whole_shape(text.partition(";")[0])
    except SpecError as error:
        raise UsageError(f"--input: {_said(error.problem)}") from None


def settings(
    texts: list[str] | None,
    call: str | None = None,
    batch: int | None = None,
    input: str | None = None,
    sample: list[str] | None = None,
) -> Settings:
    """`width=32` as a name and a number, with what a model needs, and scales of axes. Raises `UsageError`."""
    settings = Settings()
    settings.call, settings.batch, settings.input = call, batch, input
    settings.sample = _by_name(sample or [])
    for text in texts or []:
        name, _, number = text.partition("=")
        try:
            settings[name.strip()] = int(number) if number.strip("+- ").isdigit() else float(number)
        except ValueError:
            raise UsageError(f"--set takes NAME=NUMBER, not `{text}`") from None
    return settings


def _by_name(scales: list[str]) -> dict[str, str]:
    """`--sample` by axis."""
    found = dict[str, str]()
    for text in scales:
        axis, equals, step = text.partition("=")
        if not equals:
            raise UsageError(f'--sample takes AXIS=STEP, like "width=0.0107 s", not `{text}`')
        found[axis.strip()] = step.strip()
    return found


def layer_number(trace: Trace, given: str) -> int:
    """The layer that is named by its path, or how that ends. Raises `UsageError`."""
    from ..show.explanation import find

    try:
        return find(trace.arch.nodes, given)
    except LookupError as error:
        raise UsageError(str(error)) from None


def point(text: str | None, free: Sequence[str], given: Shape) -> dict[str, int] | None:
    """`--near`: the free sizes (`10x474`), or a whole sample (`1x10x474`), by symbol. Raises `UsageError`."""
    if text is None:
        return None
    try:
        sizes = sample(whole_shape(text))
    except SpecError as error:
        raise UsageError(f"--near: {_said(error.problem)}") from None
    names = [str(size) for size in sample(given)]
    values = dict(zip(free if len(sizes) == len(free) else names, sizes))
    if len(sizes) not in (len(free), len(names)) or any(not isinstance(size, int) for size in sizes):
        raise UsageError(f"--near takes {len(free)} sizes, for {', '.join(free)}, not `{text}`")
    return {name: size for name in free if isinstance(size := values[name], int)}
