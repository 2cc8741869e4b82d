"""The command line: `shapecalc check`, `sizes`, `mirror`, `explain`, `schema`.

Findings go to stdout, the tool's own messages to stderr. Exit status: 0 clean, 1 findings, 2 usage or an
unreadable file. A command imports what it needs when it runs: rich costs as much as the whole engine.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from . import inputs
from .inputs import SUFFIX, USAGE, UsageError
from .output import charset, complain, discard, write
from .version import __version__

if TYPE_CHECKING:
    from .report import Report

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How a report is printed."""

    full = "full"
    concise = "concise"
    json = "json"


Path = Annotated[str, typer.Argument(metavar="PATH", help="A spec file, or - for stdin.")]
Input = Annotated[
    str | None, typer.Option("--input", "-i", metavar="SHAPE", help="One sample, like 1x10x474 or 1xHxW.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="Override one of the file's vars.")
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result there.")]
Force = Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")]


def _version(wanted: bool) -> None:
    if wanted:
        write(f"shapecalc {__version__}\n")
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
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe repairs, in the files.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: the others too.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what --fix would do, and write nothing.")
    ] = False,
) -> None:
    """Show every size, where it breaks and why, and whether the contract holds.

    Exit status: 0 clean, 1 problems (with --diff: or repairs to make), 2 wrong usage or an unreadable file.
    """
    shape, settings = inputs.shape(input), inputs.settings(set)
    found = inputs.reports(paths, shape, settings)
    if diff or fix:
        from .mending import Plan, diffs, mended

        if fix and not diff and "-" in paths:
            raise UsageError("--fix cannot write to stdin; --diff shows the change")
        after = mended(found, Plan(unsafe_fixes, diff), shape, settings)
        if diff:
            raise typer.Exit(diffs(after))
        found = (report for report, _ in after)
    chosen = format or (Format.full if sys.stdout.isatty() else Format.concise)
    reports: list[Report] = []
    for report in found:
        if chosen is not Format.json and not inputs.is_unusable(report):
            write("\n" * bool(reports) * (chosen is Format.full) + _printed(report, chosen))
        reports.append(report)
    if chosen is Format.json:
        from .show.json import document

        texts = [report.to_json() for report in reports]
        write(document(texts, len(paths) == 1 and not os.path.isdir(paths[0]), charset()))
    elif len(reports) > 1 and sys.stderr.isatty():
        complain(_summary(reports))
    if any(map(inputs.is_unusable, reports)):
        raise typer.Exit(USAGE)
    if not exit_zero and any(report.problems for report in reports):
        raise typer.Exit(1)


@app.command()
def sizes(
    path: Path,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="SHAPE", help="Letters are free axes: 1xHxW, 1x10xW."),
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="SIZES", help="Find the nearest sizes that hold: 10x474.")
    ] = None,
    upto: Annotated[int | None, typer.Option(min=1, help="List the sizes up to this one.")] = None,
    set: Set = None,
    format: Annotated[Format, typer.Option(help="full or json.", show_default=False)] = Format.full,
) -> None:
    """Say which input sizes run, and which keep the contract: exactly, for all integers.

    Exit status: 1 where no size holds, or the one given with --near does not.
    """
    from .input_sizes import sizes as sizes_of
    from .problem import SpecError
    from .report import Report
    from .show.sizes import sizes_json, sizes_lines

    arch = inputs.architecture(path, inputs.settings(set))
    if isinstance(arch, Report):
        raise typer.Exit(_shown(arch))
    try:
        found = sizes_of(arch, inputs.shape(input))
    except SpecError as error:
        raise UsageError(f"{path}: {error.problem.message}") from None
    point = inputs.point(near, found.symbols, found.trace.shape_in)
    if format is Format.json:
        import json

        write(json.dumps(sizes_json(found, point, upto, arch.path), indent=2) + "\n")
    else:
        write("".join(f"{line}\n" for line in sizes_lines(found, point, upto, charset())))
    holds = found.holds(**point) if point else bool(found.limit or found.holding)
    if not holds:
        raise typer.Exit(1)


@app.command()
def mirror(
    path: Path,
    input: Input = None,
    style: Annotated[
        str | None, typer.Option(help="transpose, smooth, resize, pixelshuffle or unpool.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many proposals to show.")] = 3,
    skips: Annotated[bool, typer.Option("--skips", help="Join the encoder's tensors, as U-Nets do.")] = False,
    output: Output = None,
    force: Force = False,
    set: Set = None,
    format: Annotated[Format, typer.Option(help="full or json.", show_default=False)] = Format.full,
) -> None:
    """Propose decoders that return exactly what the encoder takes, the best first.

    Exit status: 0, 1 where the encoder does not run, 2 where there is nothing to mirror or FILE cannot be written.
    """
    from .proposing import Request, propose
    from .report import Report

    request = Request(inputs.shape(input), style, skips, top, format is Format.json, output, force)
    left = propose(inputs.architecture(path, inputs.settings(set)), request)
    if isinstance(left, Report):
        raise typer.Exit(_shown(left))


@app.command()
def explain(
    path: Path,
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help="A layer's path, like encoder.2, or how it ends.")
    ],
    input: Input = None,
    set: Set = None,
) -> None:
    """Print the arithmetic of one layer, filled in. Exit status: 1 where the layer cannot run."""
    from .show.explanation import explanation, find
    from .show.text import visible

    report = inputs.judged(path, inputs.shape(input), inputs.settings(set))
    if report.trace is None:
        raise typer.Exit(_shown(report))
    try:
        number = find(report.trace.arch.nodes, layer)
    except LookupError as error:
        raise UsageError(str(error)) from None
    write(
        "".join(
            f"{visible(line, charset())}\n" for line in explanation(report.trace, report.problems, number)
        )
    )
    if number >= len(report.trace.steps):
        raise typer.Exit(1)


@app.command()
def emit(
    path: Path,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE.")
    ] = None,
    input: Input = None,
    any_size: Annotated[bool, typer.Option("--any-size", help="Restore every size that runs.")] = False,
    vae: Annotated[bool, typer.Option("--vae", help="Make it variational.")] = False,
    train: Annotated[bool, typer.Option("--train", help="Add a training loop.")] = False,
    force: Force = False,
    set: Set = None,
) -> None:
    """Write a PyTorch module, with every shape in it and a check of them.

    Exit status: 1 where the architecture cannot run, or be what is asked for; 2 where nothing can be written.
    """
    from .emitting import emitted, save

    wishes = {"any_size": any_size, "vae": vae, "train": train}
    save(emitted(path, inputs.shape(input), inputs.settings(set), **wishes), output, path, force)


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft-07) of spec files, for editors."""
    import json

    from .show.schema import schema as made

    write(json.dumps(made(), indent=2) + "\n")


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
        discard(sys.stdout)
        complain(f"cannot write: {error.strerror or error}")
        sys.exit(USAGE)


def _shown(report: Report) -> int:
    """The exit status for a file that cannot be read or understood, once that is printed."""
    if inputs.is_unusable(report):
        return USAGE
    write(_printed(report, Format.full))
    return 1


def _printed(report: Report, chosen: Format) -> str:
    if chosen is Format.concise:
        from .show.concise import concise

        return "".join(f"{line}\n" for line in concise(report.path, report.problems, charset()))
    from .show.full import full

    return full(report.path, report.text, report.trace, report.problems)


def _summary(reports: list[Report]) -> str:
    wrong = sum(bool(report.problems) for report in reports)
    return f"{len(reports)} files, {wrong or 'none'} with problems"
