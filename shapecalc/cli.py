"""The command line: `shapecalc check`, `explain`, `schema`.

Findings go to stdout, the tool's own messages to stderr. Exit status: 0 clean, 1 findings, 2 usage,
unreadable file or bad configuration.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from . import __version__

if TYPE_CHECKING:
    from .report import Report

app = typer.Typer(
    name="shapecalc",
    help="Layer shape calculator and architecture linter for PyTorch networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SUFFIX = ".arch.yaml"
USAGE = 2


class Format(str, Enum):
    """How a report is printed."""

    full = "full"
    concise = "concise"
    json = "json"


Input = Annotated[
    str | None,
    typer.Option("--input", "-i", metavar="SHAPE", help="One sample, without the batch: 1x10x474. Overrides the file's."),
]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="Overrides one of the file's vars.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"shapecalc {__version__}")
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
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help=f"Spec files, folders of *{SUFFIX}, or - for stdin.")],
    input: Input = None,
    set: Settings = None,
    format: Annotated[
        Format | None, typer.Option(help="full on a terminal, concise in a pipe.", show_default=False)
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even if there are problems.")] = False,
) -> None:
    """Trace a network: the size at every layer, where it breaks and why, and whether its contract holds."""
    chosen = format or (Format.full if sys.stdout.isatty() else Format.concise)
    reports, unreadable = [], False
    for path in _expanded(paths):
        try:
            reports.append(_report(path, input, _numbers(set)))
        except OSError as error:
            unreadable = True
            _complain(f"cannot read `{path}`: {error.strerror or error}")
    _print(reports, chosen)
    if unreadable:
        raise typer.Exit(USAGE)
    if not exit_zero and any(report.problems for report in reports):
        raise typer.Exit(1)


@app.command()
def explain(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A spec file, or - for stdin.")],
    layer: Annotated[str, typer.Argument(metavar="LAYER", help="The layer's path, as check prints it: encoder.2")],
    input: Input = None,
    set: Settings = None,
) -> None:
    """Print the arithmetic of one layer, filled in."""
    from .show.explanation import explanation

    try:
        report = _report(path, input, _numbers(set))
    except OSError as error:
        raise _usage(f"cannot read `{path}`: {error.strerror or error}") from None
    if report.trace is None:
        _print([report], Format.full)
        raise typer.Exit(1)
    try:
        lines, ran = explanation(report.trace, report.problems, layer)
    except KeyError as error:
        raise _usage(str(error.args[0])) from None
    print("\n".join(lines))
    if not ran:
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft-07) of spec files, for editors."""
    import json

    from .show.schema import schema as made

    print(json.dumps(made(), indent=2))


def run() -> None:
    """The `shapecalc` command. A reader that leaves early (`| head`) ends the printing, not the verdict."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    status: int | str | None = 0
    try:
        app()
    except SystemExit as stop:
        status = stop.code
    except BrokenPipeError:
        pass
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _expanded(paths: list[str]) -> Iterator[str]:
    """Files as given; for a folder, the specs in it and below it."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        found = sorted(
            os.path.join(folder, file) for folder, _, files in os.walk(path) for file in files if file.endswith(SUFFIX)
        )
        if not found:
            raise _usage(f"no *{SUFFIX} in `{path}`")
        yield from found


def _report(path: str, input: str | None, settings: dict[str, int | float]) -> Report:
    """The report on one file, or on stdin; what was asked wrongly ends the command."""
    from .problem import SpecError
    from .read import tree
    from .report import Report, check, check_text

    try:
        if path != "-":
            return check(path, input, settings)
        data = sys.stdin.buffer.read()
        try:
            return check_text(tree.decode(data), "<stdin>", input, settings)
        except SpecError as error:
            if error.problem.place is None:
                raise
            return Report("<stdin>", None, (error.problem,))
    except SpecError as error:
        problem = error.problem
        raise _usage(f"{path}: {problem.message}" + (f" ({problem.help})" if problem.help else "")) from None


def _numbers(settings: list[str] | None) -> dict[str, int | float]:
    numbers: dict[str, int | float] = {}
    for setting in settings or []:
        name, _, text = setting.partition("=")
        try:
            numbers[name.strip()] = int(text)
        except ValueError:
            try:
                numbers[name.strip()] = float(text)
            except ValueError:
                raise _usage(f"--set takes NAME=NUMBER, not `{setting}`") from None
    return numbers


def _print(reports: list[Report], chosen: Format) -> None:
    if chosen is Format.json:
        texts = [report.to_json() for report in reports]
        print(texts[0] if len(texts) == 1 else "[" + ",\n".join(texts) + "]")
    elif chosen is Format.concise:
        from .show.concise import concise

        for report in reports:
            for line in concise(report.path, report.problems):
                print(line)
    else:
        from .show.full import console, show

        screen = console()
        for number, report in enumerate(reports):
            if number:
                screen.print()
            show(screen, report.path, report.text, report.trace, report.problems, report.needs)


def _complain(message: str) -> None:
    print(f"shapecalc: {message}", file=sys.stderr)


def _usage(message: str) -> typer.Exit:
    _complain(message)
    return typer.Exit(USAGE)
