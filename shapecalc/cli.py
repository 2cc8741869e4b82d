"""The command line: `shapecalc check`, `explain`, `schema`.

Findings go to stdout, the tool's own messages to stderr. Exit status: 0 clean, 1 findings, 2 usage or an
unreadable file. A command imports what it needs when it runs: rich costs as much as the whole engine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .version import __version__

if TYPE_CHECKING:
    from .problem import Problem
    from .report import Report
    from .shapes import Shape

Settings = dict[str, int | float]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SUFFIX = ".arch.yaml"
USAGE = 2


class Format(StrEnum):
    """How a report is printed."""

    full = "full"
    concise = "concise"
    json = "json"


Input = Annotated[
    str | None, typer.Option("--input", "-i", metavar="SHAPE", help="One sample, like 1x10x474 or 1xHxW.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="Override one of the file's vars.")
]


def _version(wanted: bool) -> None:
    if wanted:
        _write(f"shapecalc {__version__}\n")
        raise typer.Exit()


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Layer shape calculator and architecture linter for PyTorch networks."""


@app.command()
def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help=f"Spec files, folders of *{SUFFIX}, or -.")
    ],
    input: Input = None,
    set: Set = None,
    format: Annotated[
        Format | None,
        typer.Option(help="Default: full on a terminal, concise in a pipe.", show_default=False),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 even if there are problems.")
    ] = False,
) -> None:
    """Show every size, where it breaks and why, and whether the contract holds.

    Exit status: 0 clean, 1 problems, 2 wrong usage or an unreadable file.
    """
    shape, settings = _shape(input), _settings(set)
    chosen = format or (Format.full if sys.stdout.isatty() else Format.concise)
    reports: list[Report] = []
    for report in _reports(paths, shape, settings):
        if chosen is not Format.json and not _is_unusable(report):
            _write("\n" * bool(reports) * (chosen is Format.full) + _printed(report, chosen))
        reports.append(report)
    if chosen is Format.json:
        from .show.json import document

        texts = [report.to_json() for report in reports]
        _write(document(texts, len(paths) == 1 and not os.path.isdir(paths[0]), _charset()))
    elif len(reports) > 1 and sys.stderr.isatty():
        _complain(_summary(reports))
    if any(map(_is_unusable, reports)):
        raise typer.Exit(USAGE)
    if not exit_zero and any(report.problems for report in reports):
        raise typer.Exit(1)


@app.command()
def explain(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A spec file, or - for stdin.")],
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help="A layer's path, like encoder.2, or how it ends.")
    ],
    input: Input = None,
    set: Set = None,
) -> None:
    """Print the arithmetic of one layer, filled in. Exit status: 1 where the layer cannot run."""
    from .show.explanation import explanation, find
    from .show.text import visible

    report = _judged(path, _shape(input), _settings(set))
    if _is_unusable(report):
        raise typer.Exit(USAGE)
    if report.trace is None:
        _write(_printed(report, Format.full))
        raise typer.Exit(1)
    try:
        number = find(report.trace.arch.nodes, layer)
    except LookupError as error:
        raise _usage(str(error)) from None
    _write(
        "".join(
            f"{visible(line, _charset())}\n" for line in explanation(report.trace, report.problems, number)
        )
    )
    if number >= len(report.trace.steps):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft-07) of spec files, for editors."""
    import json

    from .show.schema import schema as made

    _write(json.dumps(made(), indent=2) + "\n")


def run() -> None:
    """The `shapecalc` command."""
    # A closed stream is None; the first file opened after that would take its number.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except OSError as error:
        _discard(sys.stdout)
        _complain(f"cannot write: {error.strerror or error}")
        sys.exit(USAGE)


def _write(text: str) -> None:
    """Print. A reader that leaves early (`| head`) ends the printing, not the verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)


def _charset() -> str:
    return sys.stdout.encoding or "utf-8"


def _discard(stream: object) -> None:
    """Let what is still buffered, and all that follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]


def _complain(message: str) -> None:
    from .show.text import visible

    print(f"shapecalc: {visible(message)}", file=sys.stderr)


def _usage(message: str) -> typer.Exit:
    _complain(message)
    return typer.Exit(USAGE)


def _reports(paths: Iterable[str], shape: Shape | None, settings: Settings) -> Iterator[Report]:
    """A report on each file; for a folder, on each spec in it and below it. No file is reported twice."""
    seen: set[str] = set()
    for path in paths:
        try:
            files = _specs(path) if os.path.isdir(path) else [path]
        except OSError as error:
            yield _unusable(path, f"cannot be read: {error.strerror}: `{error.filename}`")
            continue
        for file in files:
            if os.path.normpath(file) not in seen:
                seen.add(os.path.normpath(file))
                yield _judged(file, shape, settings)
        if not files:
            yield _unusable(path, f"no *{SUFFIX} in the folder")


def _specs(folder: str) -> list[str]:
    """The specs in a folder and below it; hidden folders (`.git`, `.venv`) are left out."""

    def refuse(error: OSError) -> None:
        raise error

    found = []
    for below, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(below, file) for file in files if file.endswith(SUFFIX)]
    return sorted(found)


def _judged(path: str, shape: Shape | None, settings: Settings) -> Report:
    """The report on one file or on stdin. Where nothing can be said of it, that is said on stderr too."""
    from .problem import SpecError
    from .read.decode import decode
    from .report import check, check_text

    try:
        if path == "-":
            if sys.stdin is None:
                raise OSError("stdin is closed")
            return check_text(decode(sys.stdin.buffer.read()), "<stdin>", shape, settings)
        return check(path, shape, settings)
    except OSError as error:
        return _unusable(path, f"cannot be read: {error.strerror or error}")
    except SpecError as error:
        return _found(path, error.problem)


def _found(path: str, problem: Problem) -> Report:
    """The report of a problem that ended the reading; one without a place is no finding but wrong usage."""
    from .report import Report

    report = Report("<stdin>" if path == "-" else path, None, (problem,))
    if _is_unusable(report):
        _complain(f"{report.path}: {_said(problem)}")
    return report


def _said(problem: Problem) -> str:
    return f"{problem.message}; {problem.help}" if problem.help else problem.message


def _unusable(path: str, message: str) -> Report:
    from .problem import Code, Problem

    return _found(path, Problem(Code("SHP902", "unreadable-file"), message))


def _is_unusable(report: Report) -> bool:
    return report.trace is None and all(problem.place is None for problem in report.problems)


def _shape(text: str | None) -> Shape | None:
    from .problem import SpecError
    from .shapes import whole_shape

    try:
        return None if text is None else whole_shape(text)
    except SpecError as error:
        raise _usage(f"--input: {_said(error.problem)}") from None


def _settings(texts: list[str] | None) -> Settings:
    """`width=32` as a name and a number."""
    settings: Settings = {}
    for text in texts or []:
        name, _, number = text.partition("=")
        try:
            settings[name.strip()] = int(number) if number.strip("+- ").isdigit() else float(number)
        except ValueError:
            raise _usage(f"--set takes NAME=NUMBER, not `{text}`") from None
    return settings


def _printed(report: Report, chosen: Format) -> str:
    if chosen is Format.concise:
        from .show.concise import concise

        return "".join(f"{line}\n" for line in concise(report.path, report.problems, _charset()))
    from .show.full import full

    return full(report.path, report.text, report.trace, report.problems, report.needs)


def _summary(reports: list[Report]) -> str:
    wrong = sum(bool(report.problems) for report in reports)
    return f"{len(reports)} files, {wrong or 'none'} with problems"
