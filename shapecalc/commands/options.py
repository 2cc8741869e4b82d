"""What the commands take, as Typer reads it: an option that several share is spelled once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ..arch import PROFILES
from ..show.formats import FORMATS
from .inputs import SUFFIX


class Format(StrEnum):
    """How a report is printed."""

    full = "full"
    concise = "concise"
    json = "json"


ReportFormat = StrEnum("ReportFormat", {name: name for name in FORMATS})  # type: ignore[misc]

FullOrJson = Annotated[Format, typer.Option(help="full or json.", show_default=False)]

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
Sample = Annotated[
    list[str] | None,
    typer.Option("--sample", metavar="AXIS=STEP", help='A step of an axis is: "width=0.0107 s".'),
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result there.")]
Force = Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")]

# Those of `check`.
Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help=f"Spec files, folders of *{SUFFIX}, model.py:Class, or -."),
]
Select = Annotated[
    list[str] | None, typer.Option(metavar="RULES", help="These rules only: SHP302,SHP4 or names.")
]
ExtendSelect = Annotated[list[str] | None, typer.Option(metavar="RULES", help="These rules as well.")]
Ignore = Annotated[list[str] | None, typer.Option(metavar="RULES", help="All but these rules.")]
Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"What the networks are: {', '.join(PROFILES)}."),
]
Config = Annotated[
    str | None, typer.Option(metavar="FILE", help="Take this configuration, not the nearest one.")
]
Isolated = Annotated[bool, typer.Option("--isolated", help="Take no configuration.")]
Baseline = Annotated[
    str | None, typer.Option(metavar="FILE", help="Hold back the findings that the file knows.")
]
UpdateBaseline = Annotated[
    bool, typer.Option("--update-baseline", help="Write what is found to the baseline, and show nothing.")
]
CheckFormat = Annotated[
    ReportFormat | None,
    typer.Option(help="Default: full on a terminal, concise in a pipe.", show_default=False),
]
Statistics = Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even if there are problems.")]
Fix = Annotated[bool, typer.Option("--fix", help="Make the safe repairs, in the files.")]
UnsafeFixes = Annotated[bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: the others too.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show what --fix would do, and write nothing.")]
