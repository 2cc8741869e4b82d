"""`shapecalc mirror`: what it prints, and what it writes."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from .arch import Arch
from .files import write_whole
from .inputs import UsageError
from .mirroring.classes import served
from .mirroring.proposal import Proposal, proposals
from .mirroring.way import way_through
from .output import charset, complain, write
from .problem import ShapeError, SpecError
from .report import Report, judge
from .shapes import Shape
from .show.proposals import proposal_lines, proposals_json
from .write.yaml import spec_text


class Request(NamedTuple):
    """What `shapecalc mirror` is asked for."""

    shape: Shape | None
    style: str | None
    skips: bool
    top: int
    as_json: bool
    output: str | None
    force: bool


def propose(arch: Arch | Report, request: Request) -> Report | None:
    """Print the decoders, and write the best one; or return the report on an encoder that does not run.

    Raises `UsageError` where no decoder can be made, or the file cannot be written.
    """
    if isinstance(arch, Report):
        return arch
    try:
        found = proposals(arch, request.shape, request.style, request.skips)
        write(_printed(found, arch, request))
    except SpecError as error:
        problem = error.problem
        help = f"; {problem.help}" if problem.help else ""
        raise UsageError(f"{arch.path}: {problem.message}{help}") from None
    except ShapeError:
        return judge(arch, request.shape)
    if request.output is not None:
        _write_spec(found[0], request.output, request.force)
    return None


def _printed(found: list[Proposal], arch: Arch, request: Request) -> str:
    """The proposals as text or as JSON."""
    way = way_through(arch, request.shape)
    classes = served(way) if way.is_symbolic else {}
    if request.as_json:
        import json

        return json.dumps(proposals_json(found, classes, request.top, arch.path), indent=2) + "\n"
    width = min(shutil.get_terminal_size().columns, 110)
    lines = proposal_lines(found, classes, request.top, charset(), width)
    return "".join(f"{line}\n" for line in lines)


def _write_spec(best: Proposal, output: str, force: bool) -> None:
    """The whole spec, written in one step or not at all. Raises `UsageError`."""
    try:
        write_whole(output, spec_text(best.trace), force)
    except SpecError as error:
        raise UsageError(f"{output}: {error.problem.message}") from None
    except FileExistsError:
        raise UsageError(f"{output}: there is such a file already; --force replaces it") from None
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror or error}") from None
    complain(f"{output}: written, with the decoder `{best.style}`")
