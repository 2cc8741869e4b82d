"""The command line: `shapecalc check`, `sizes`, `mirror`, `explain`, `rule`, `schema`.

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
from .show.formats import FORMATS
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


ReportFormat = StrEnum("ReportFormat", {name: name for name in FORMATS})  # type: ignore[misc]


Path = Annotated[str, typer.Argument(metavar="PATH", help="A spec file, model.py:Class, or - for stdin.")]
Input = Annotated[
    str | None, typer.Option("--input", "-i", metavar="SHAPE", help="One sample, like 1x10x474 or 1xHxW.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="Override one of the file's vars.")
]
Call = Annotated[
    str | None, typer.Option("--call", metavar="EXPR", help='How a model is built: "CAE(latent=32)".')
]
Batch = Annotated[int | None, typer.Option("--batch", min=1, help="So many samples go into a model.")]
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
        list[str],
        typer.Argument(metavar="PATH", help=f"Spec files, folders of *{SUFFIX}, model.py:Class, or -."),
    ],
    input: Input = None,
    set: Set = None,
    call: Call = None,
    batch: Batch = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help="These rules only: SHP302,SHP4 or names.")
    ] = None,
    extend_select: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help="These rules as well.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULES", help="All but these rules.")] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the networks are: ae, vae, unet, gan, classifier."),
    ] = None,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="Take this configuration, not the nearest one.")
    ] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Take no configuration.")] = False,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Hold back the findings that the file knows.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write what is found to the baseline, and show nothing.")
    ] = False,
    format: Annotated[
        ReportFormat | None,
        typer.Option(help="Default: full on a terminal, concise in a pipe.", show_default=False),
    ] = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")] = False,
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
    """Show every size, where it breaks and why, whether the contract holds, and what looks wrong.

    Exit status: 0 clean or notes only, 1 problems (with --diff: or repairs to make), 2 wrong usage, a bad
    configuration or an unreadable file.
    """
    from . import checking

    asked = checking.Asked(
        paths,
        shape=inputs.shape(input),
        settings=inputs.settings(set, call, batch, input),
        select=select,
        extend_select=extend_select or (),
        ignore=ignore or (),
        profile=profile,
        config=config,
        isolated=isolated,
        format=format and str(format),
        statistics=statistics,
        baseline=baseline,
        update_baseline=update_baseline,
        exit_zero=exit_zero,
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
    )
    if status := checking.check(asked):
        raise typer.Exit(status)


@app.command()
def rule(
    name: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A rule's code or name; SHP3 lists those below it.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="List every rule.")] = False,
    format: Annotated[Format, typer.Option(help="full or json.", show_default=False)] = Format.full,
) -> None:
    """Print a rule's page: what goes wrong, why, examples, and where the claim is from."""
    from .show.rules import rules_text

    if (name is None) == (not all):
        raise UsageError("rule takes one CODE or --all")
    try:
        write(rules_text(name or "ALL", format is Format.json, charset()))
    except LookupError as error:
        raise UsageError(str(error.args[0])) from None


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
    call: Call = None,
    batch: Batch = None,
    format: Annotated[Format, typer.Option(help="full or json.", show_default=False)] = Format.full,
) -> None:
    """Say which input sizes run, and which keep the contract: exactly, for all integers.

    Exit status: 1 where no size holds, or the one given with --near does not.
    """
    from .input_sizes import sizes as sizes_of
    from .problem import SpecError
    from .report import Report
    from .show.sizes import sizes_json, sizes_lines

    arch = inputs.architecture(path, inputs.settings(set, call, batch, input))
    if isinstance(arch, Report):
        raise typer.Exit(_shown(arch))
    try:
        found = sizes_of(arch, inputs.shape(input) if arch.retrace is None else None)
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
    emit: Annotated[bool, typer.Option("--emit", help="The best one as a PyTorch module.")] = False,
    output: Output = None,
    force: Force = False,
    set: Set = None,
    call: Call = None,
    batch: Batch = None,
    format: Annotated[Format, typer.Option(help="full or json.", show_default=False)] = Format.full,
) -> None:
    """Propose decoders that return exactly what the encoder takes, the best first.

    Exit status: 0, 1 where the encoder does not run, 2 where there is nothing to mirror or FILE cannot be written.
    """
    from .proposing import Request, propose
    from .report import Report

    request = Request(inputs.shape(input), style, skips, top, format is Format.json, emit, output, force)
    left = propose(inputs.architecture(path, inputs.settings(set, call, batch, input)), request)
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
    call: Call = None,
    batch: Batch = None,
) -> None:
    """Print the arithmetic of one layer, filled in. Exit status: 1 where the layer cannot run."""
    from .show.explanation import explanation, find
    from .show.text import visible

    report = inputs.judged(path, inputs.shape(input), inputs.settings(set, call, batch, input))
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
    call: Call = None,
    batch: Batch = None,
) -> None:
    """Write a PyTorch module, with every shape in it and a check of them.

    Exit status: 1 where the architecture cannot run, or be what is asked for; 2 where nothing can be written.
    """
    from .emitting import emitted, save

    wishes = {"any_size": any_size, "vae": vae, "train": train}
    save(
        emitted(path, inputs.shape(input), inputs.settings(set, call, batch, input), **wishes),
        output,
        path,
        force,
    )


@app.command()
def report(
    path: Path,
    output: Output = None,
    input: Input = None,
    force: Force = False,
    set: Set = None,
    call: Call = None,
    batch: Batch = None,
) -> None:
    """Write what a check says as one HTML page, which works out every other input size by itself.

    Exit status: 0 clean or notes only, 1 problems, 2 wrong usage or an unreadable file.
    """
    from .reporting import report_page

    settings = inputs.settings(set, call, batch, input)
    if status := report_page(path, inputs.shape(input), settings, output, force):
        raise typer.Exit(status)


@app.command()
def draw(
    path: Path,
    output: Output = None,
    layer: Annotated[str | None, typer.Option("--layer", "-l", help="One layer's windows instead.")] = None,
    input: Input = None,
    width: Annotated[int, typer.Option(min=320, max=10000, help="About how many pixels wide.")] = 960,
    theme: Annotated[str, typer.Option(help="auto, light, dark, or page: the page's colours.")] = "auto",
    force: Force = False,
    set: Set = None,
    call: Call = None,
    batch: Batch = None,
) -> None:
    """Draw a network to scale, or one layer's windows: as text, or to an .svg, .png or .mmd (Mermaid) FILE.

    Exit status: 0 drawn, what is wrong with the network in red; 2 nothing is drawn.
    """
    from .drawing import Request, draw_file

    request = Request(layer, output, width, theme, force)
    draw_file(path, inputs.shape(input), inputs.settings(set, call, batch, input), request)


@app.command()
def compare(
    path: Path,
    other: Annotated[str | None, typer.Argument(metavar="[PATH]", help="What to compare it with.")] = None,
    input: Annotated[list[str] | None, typer.Option("--input", "-i", help="For both, or one each.")] = None,
    set: Set = None,
    call: Call = None,
    format: Annotated[Format, typer.Option(help="full or json.", show_default=False)] = Format.full,
) -> None:
    """Compare two networks, or one at two inputs: shapes, parameters, MACs, receptive field, findings.

    Exit status: 0 the same shapes everywhere, 1 other shapes, 2 wrong usage or an unreadable file.
    """
    from .comparing import compare as compared

    raise typer.Exit(compared((path, other), input or [], set, call, format is Format.json))


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
    from .show.full import printed

    write(printed(report, charset()))
    return 1
