"""`shapecalc mirror`: what it prints, and what it writes."""

from __future__ import annotations

from typing import NamedTuple

from ..arch import Arch
from ..mirroring.classes import served
from ..mirroring.proposal import Proposal, proposals
from ..mirroring.way import way_through
from ..problem import ShapeError, SpecError
from ..read.spec import loads
from ..report import Report, judge
from ..shapes import Shape, letters
from ..show.proposals import proposal_lines, proposals_json
from ..write.yaml import spec_text
from .emit import save_module
from .output import UsageError, charset, save, width, write_json, write_lines


class Request(NamedTuple):
    """What `shapecalc mirror` is asked for."""

    shape: Shape | None
    style: str | None
    skips: bool
    top: int
    as_json: bool
    as_code: bool
    output: str | None
    force: bool


def propose(arch: Arch | Report, request: Request) -> Report | None:
    """Print the decoders, and write the best one; or return the report on an encoder that does not run.

    With `as_code` the best one is a PyTorch module, which is printed where no file is named. Raises `UsageError` where
    no decoder can be made, or the file cannot be written.
    """
    is_text_only = request.output == "-" or (request.as_code and request.output is None)
    if is_text_only and request.as_json:
        what = "a module" if request.as_code else "a spec"
        raise UsageError(f"{what} and --format json cannot both be on stdout: -o writes to a file")
    if isinstance(arch, Report):
        return arch
    try:
        found = proposals(arch, request.shape, request.style, request.skips)
        if not is_text_only:
            _print(found, arch, request)
    except SpecError as error:
        problem = error.problem
        said = "; ".join(filter(None, (problem.message, problem.note, problem.help)))
        raise UsageError(f"{arch.path or arch.name}: {said}") from None
    except ShapeError:
        return judge(arch, request.shape)
    if request.as_code:
        try:
            text = module_of(found[0])
        except ShapeError as error:
            raise UsageError(
                f"{arch.path or arch.name}: no module can be made: {error.problem.message}"
            ) from None
        save_module(text, request.output, request.force, arch.path or "")
    elif request.output is not None:
        _write_spec(found[0], request.output, request.force)
    return None


def module_of(best: Proposal) -> str:
    """A proposal as a PyTorch module, with the options that the encoder's `vars` are; for letters, for any size."""
    from ..write.torch import module_text

    shape = best.trace.shape_in
    is_symbolic = bool(letters(shape))
    try:
        arch = loads(spec_text(best.trace, best.undoes), best.arch.path)
    except SpecError:
        arch = best.arch.with_nodes(node._replace(origin=None) for node in best.arch.nodes)
    try:
        return module_text(arch, shape, any_size=is_symbolic)
    except ShapeError:
        return module_text(arch, shape)


def _print(found: list[Proposal], arch: Arch, request: Request) -> None:
    """Print the proposals as text or as JSON."""
    way = way_through(arch, request.shape)
    classes = served(way) if way.is_symbolic else {}
    if request.as_json:
        write_json(proposals_json(found, classes, request.top, arch.path))
    else:
        write_lines(proposal_lines(found, classes, request.top, charset(), min(width(), 110)))


def _write_spec(best: Proposal, output: str, force: bool) -> None:
    """The whole spec, printed for `-`, or written in one step or not at all. Raises `UsageError`."""
    try:
        text = spec_text(best.trace, best.undoes)
    except SpecError as error:
        raise UsageError(f"{output}: {error.problem.message}") from None
    save(text, output, force, remark=f", with the decoder `{best.style}`")
