"""The command line: a command is a function, and its options are in `options`.

Findings go to stdout, the tool's own messages to stderr. Exit status: 0 clean, 1 findings, 2 usage or an
unreadable file. A command imports what it needs when it runs: rich costs as much as the whole engine.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .commands import inputs, options
from .commands.output import USAGE, UsageError, charset, complain, discard, open_streams, write, write_json
from .version import __version__

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    paths: options.Paths,
    input: options.Input = None,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
    select: options.Select = None,
    extend_select: options.ExtendSelect = None,
    ignore: options.Ignore = None,
    profile: options.Profile = None,
    config: options.Config = None,
    isolated: options.Isolated = False,
    baseline: options.Baseline = None,
    update_baseline: options.UpdateBaseline = False,
    format: options.CheckFormat = None,
    statistics: options.Statistics = False,
    exit_zero: options.ExitZero = False,
    fix: options.Fix = False,
    unsafe_fixes: options.UnsafeFixes = False,
    diff: options.Diff = False,
) -> None:
    """Show every size, where it breaks and why, whether the contract holds, and what looks wrong.

    Exit status: 0 clean or notes only, 1 problems (with --diff: or repairs to make), 2 wrong usage, a bad
    configuration or an unreadable file.
    """
    from .commands import check as checking

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
    raise typer.Exit(checking.check(asked))


@app.command()
def rule(
    name: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A rule's code or name; SHP3 lists those below it.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="List every rule.")] = False,
    format: options.FullOrJson = options.Format.full,
) -> None:
    """Print a rule's page: what goes wrong, why, examples, and where the claim is from."""
    from .show.rules import rules_text

    if (name is None) == (not all):
        raise UsageError("rule takes one CODE or --all")
    try:
        write(rules_text(name or "ALL", format is options.Format.json, charset()))
    except LookupError as error:
        raise UsageError(str(error.args[0])) from None


@app.command()
def sizes(
    path: options.Path,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="SHAPE", help="Letters are free axes: 1xHxW, 1x10xW."),
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="SIZES", help="Find the nearest sizes that hold: 10x474.")
    ] = None,
    upto: Annotated[int | None, typer.Option(min=1, help="List the sizes up to this one.")] = None,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
    format: options.FullOrJson = options.Format.full,
) -> None:
    """Say which input sizes run, and which keep the contract: exactly, for all integers.

    Exit status: 1 where no size holds, or the one given with --near does not.
    """
    from .commands.sizes import print_sizes

    settings = inputs.settings(set, call, batch, input)
    raise typer.Exit(print_sizes(path, input, settings, near, upto, format is options.Format.json))


@app.command()
def mirror(
    path: options.Path,
    input: options.Input = None,
    style: Annotated[
        str | None, typer.Option(help="transpose, smooth, resize, pixelshuffle or unpool.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many proposals to show.")] = 3,
    skips: Annotated[bool, typer.Option("--skips", help="Join the encoder's tensors, as U-Nets do.")] = False,
    emit: Annotated[bool, typer.Option("--emit", help="The best one as a PyTorch module.")] = False,
    output: options.Output = None,
    force: options.Force = False,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
    format: options.FullOrJson = options.Format.full,
) -> None:
    """Propose decoders that return exactly what the encoder takes, the best first.

    Exit status: 0, 1 where the encoder does not run, 2 where there is nothing to mirror or FILE cannot be written.
    """
    from .commands.mirror import Request, propose
    from .report import Report

    request = Request(
        inputs.shape(input), style, skips, top, format is options.Format.json, emit, output, force
    )
    left = propose(inputs.architecture(path, inputs.settings(set, call, batch, input)), request)
    if isinstance(left, Report):
        raise typer.Exit(inputs.shown(left))


@app.command()
def explain(
    path: options.Path,
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help="A layer's path, like encoder.2, or how it ends.")
    ],
    input: options.Input = None,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
) -> None:
    """Print the arithmetic of one layer, filled in. Exit status: 1 where the layer cannot run."""
    from .commands.explain import explain_layer

    settings = inputs.settings(set, call, batch, input)
    raise typer.Exit(explain_layer(path, layer, inputs.shape(input), settings))


@app.command()
def emit(
    path: options.Path,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE.")
    ] = None,
    input: options.Input = None,
    any_size: Annotated[bool, typer.Option("--any-size", help="Restore every size that runs.")] = False,
    vae: Annotated[bool, typer.Option("--vae", help="Make it variational.")] = False,
    train: Annotated[bool, typer.Option("--train", help="Add a training loop.")] = False,
    force: options.Force = False,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
) -> None:
    """Write a PyTorch module, with every shape in it and a check of them.

    Exit status: 1 where the architecture cannot run, or be what is asked for; 2 where nothing can be written.
    """
    from .commands.emit import emitted, save_module

    settings = inputs.settings(set, call, batch, input)
    text = emitted(path, inputs.shape(input), settings, any_size=any_size, vae=vae, train=train)
    save_module(text, output, force, path)


@app.command()
def report(
    path: options.Path,
    output: options.Output = None,
    input: options.Input = None,
    sample: options.Sample = None,
    force: options.Force = False,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
) -> None:
    """Write what a check says as one HTML page, which works out every other input size by itself.

    Exit status: 0 clean or notes only, 1 problems, 2 wrong usage or an unreadable file.
    """
    from .commands.report import report_page

    settings = inputs.settings(set, call, batch, input, sample)
    raise typer.Exit(report_page(path, inputs.shape(input), settings, output, force))


@app.command()
def draw(
    path: options.Path,
    output: options.Output = None,
    layer: Annotated[str | None, typer.Option("--layer", "-l", help="One layer's windows instead.")] = None,
    input: options.Input = None,
    width: Annotated[int, typer.Option(min=320, max=10000, help="About how many pixels wide.")] = 960,
    theme: Annotated[str, typer.Option(help="auto, light, dark, or page: the page's colours.")] = "auto",
    force: options.Force = False,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
) -> None:
    """Draw a network to scale, or one layer's windows: as text, or to an .svg, .png or .mmd (Mermaid) FILE.

    Exit status: 0 drawn, what is wrong with the network in red; 2 nothing is drawn.
    """
    from .commands.draw import Request, draw_file

    request = Request(layer, output, width, theme, force)
    draw_file(path, inputs.shape(input), inputs.settings(set, call, batch, input), request)


@app.command()
def compare(
    path: options.Path,
    other: Annotated[str | None, typer.Argument(metavar="OTHER", help="What to compare it with.")] = None,
    input: Annotated[
        list[str] | None, typer.Option("--input", "-i", metavar="SHAPE", help="For both, or one each.")
    ] = None,
    set: options.Set = None,
    call: options.Call = None,
    format: options.FullOrJson = options.Format.full,
) -> None:
    """Compare two networks, or one at two inputs: shapes, parameters, MACs, receptive field, findings.

    Exit status: 0 the same shapes everywhere, 1 other shapes, 2 wrong usage or an unreadable file.
    """
    from .commands.compare import compare as compared

    raise typer.Exit(compared((path, other), input or [], set, call, format is options.Format.json))


@app.command()
def cost(
    path: options.Path,
    input: options.Input = None,
    batch: Annotated[int, typer.Option(min=1, help="Memory is for so many samples.")] = 32,
    dtype: Annotated[str, typer.Option(help="float64, float32, float16 or bfloat16.")] = "float32",
    set: options.Set = None,
    call: options.Call = None,
    format: options.FullOrJson = options.Format.full,
) -> None:
    """Count parameters, MACs and memory, also what is kept for the backward pass, by layer and in total.

    Exit status: 0, 1 where a layer cannot run (what is before it is counted), 2 wrong usage or an unreadable file.
    """
    from .commands.cost import print_cost

    settings = inputs.settings(set, call, None, input)
    raise typer.Exit(
        print_cost(path, inputs.shape(input), settings, batch, dtype, format is options.Format.json)
    )


@app.command()
def field(
    path: options.Path,
    input: options.Input = None,
    sample: options.Sample = None,
    position: Annotated[
        str | None, typer.Option(metavar="Y,X", help="What this position of the output sees.")
    ] = None,
    reached: Annotated[
        str | None, typer.Option(metavar="Y,X", help="What this position of the input reaches.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", "-l", help="Of this layer's output, not the network's.")
    ] = None,
    set: options.Set = None,
    call: options.Call = None,
    batch: options.Batch = None,
    format: options.FullOrJson = options.Format.full,
) -> None:
    """Show the receptive field of every layer, and exactly which positions see, or are reached by, one.

    Exit status: 0, 1 where a layer cannot run (those before it are shown), 2 wrong usage or an unreadable file.
    """
    from .commands.field import print_field

    settings, as_json = inputs.settings(set, call, batch, input, sample), format is options.Format.json
    raise typer.Exit(print_field(path, inputs.shape(input), settings, position, reached, layer, as_json))


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft-07) of spec files, for editors."""
    from .show.schema import schema as made

    write_json(made())


def run() -> None:
    """The `shapecalc` command."""
    open_streams()
    try:
        app()
    except OSError as error:
        discard(sys.stdout)
        complain(f"cannot write: {error.strerror or error}")
        sys.exit(USAGE)
