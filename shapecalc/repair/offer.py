"""One repair for a problem: candidates, each traced again before one is offered.

A repair is a set of changes. It is tried on the nodes first; where the architecture was read from a text, the
edits are tried on the text as well, so that what is offered is what the reader will read.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..arch import Arch
from ..contract import contract, folded_by
from ..problem import FOLDED_BATCH, JOIN, RESHAPE, Fix, Problem
from ..shapes import spell
from ..trace import Trace
from .candidates import candidates
from .changes import Changes, changed, retraced
from .rewriting import edits
from .wording import in_words

#: Arguments that may be any number; and the problems at which many numbers get past the layer by chance.
GUESSES = ("kernel_size", "dilation", "out_channels", "out_features")
GUESSED = (JOIN, RESHAPE)

#: Every candidate for a module is a run of its forward: so many rows are a second or two.
MOST_ROWS = 4000

#: Arguments that a repair may set without changing what the network learns.
SAFE_ARGUMENTS = ("output_padding",)


def repaired(before: Trace, problem: Problem) -> Problem:
    """The problem with a repair as its help and fix, if one was found that works.

    Where samples were mixed before, that is told, and is what a repair mends.
    """
    folding = folded_by(before)
    if folding is not None:
        step = before.steps[folding]
        since = f"the batch is no longer N since `{step.path}` made {spell(step.shape_out)} of it"
        problem = problem._replace(note=f"{problem.note}; {since}" if problem.note else since)
    for group in candidates(before, problem):
        best = _best(before, problem, group)
        if best is not None:
            return _offered(before, problem, *best)
    return problem


def _best(before: Trace, problem: Problem, group: Iterable[Changes]) -> tuple[Changes, Trace] | None:
    """The first that leaves nothing to say, else the first that gets past the layer that failed."""
    best: tuple[Changes, Trace] | None = None
    for tried, changes in enumerate(group):
        if before.arch.retrace is not None and tried * len(before.steps) > MOST_ROWS:
            break
        after = retraced(before.arch, changes, before.shape_in)
        if after is None or not _is_past(after, before, changes):
            continue
        if _is_clean(after):
            return changes, after
        if best is None and not (problem.code in GUESSED and _is_guess(before.arch, changes)):
            best = changes, after
    return best


def _is_guess(arch: Arch, changes: Changes) -> bool:
    """Whether a number is changed that could have been any other: then only the end tells whether it was meant.

    A stride that differs between the axes is none.
    """
    return any(
        name in GUESSES or (name == "stride" and isinstance(getattr(arch.nodes[number].layer, name), int))
        for number, change in changes.items()
        for name in change.arguments
    )


def _is_past(after: Trace, before: Trace, changes: Changes) -> bool:
    """Whether the layer that failed runs now; for a broken contract, whether it holds."""
    if before.failed is None:
        return _is_clean(after)
    return after.failed is None or after.failed > _moved(before.arch, changes, before.failed)


def _moved(arch: Arch, changes: Changes, number: int) -> int:
    """The node's number once the changes are made."""
    if any(change.is_structural for change in changes.values()):
        return changed(arch, changes).numbers[number]
    return number


def _is_clean(after: Trace) -> bool:
    return after.ok and not contract(after).problems


def _offered(before: Trace, problem: Problem, changes: Changes, after: Trace) -> Problem:
    """The problem with its help and, where the text can be edited, its fix."""
    where = before.failed if before.failed is not None else _number(before.arch, problem.path)
    verb = "gives" if len(changes) == 1 else "give"
    help = f"{in_words(before.arch, changes, where)} {verb} {_outcome(before, after, where, changes)}"
    return problem._replace(help=help, fix=_fix(before, changes, after))


def _outcome(before: Trace, after: Trace, where: int | None, changes: Changes) -> str:
    here = ""
    if where is not None and (now := _moved(before.arch, changes, where)) < len(after.steps):
        here = f"{spell(after.steps[now].shape_out)} here"
    if after.output is None:
        return here
    end = spell(after.shape_out or ())
    is_said = where not in changes or where == len(before.arch.nodes) - 1 or here in ("", f"{end} here")
    return f"{end} at the end" if is_said else f"{here} and {end} at the end"


def _number(arch: Arch, path: str | None) -> int | None:
    return next((number for number, node in enumerate(arch.nodes) if node.path == path), None)


def _fix(before: Trace, changes: Changes, after: Trace) -> Fix | None:
    """The edits that make the changes, where the text can say them."""
    made = edits(before.arch, changes)
    return None if made is None else Fix(_is_safe(before.arch, changes, after), made)


def _is_safe(arch: Arch, changes: Changes, after: Trace) -> bool:
    """Whether nothing that is learned changes, and nothing is left to say."""
    if any(change.kind or change.is_structural for change in changes.values()):
        return False
    names = [
        (name, arch.nodes[number].layer.is_inferable(name))
        for number, change in changes.items()
        for name in change.arguments
    ]
    # An argument that follows from the input leaves every size as it was: what fails after it failed before.
    if all(is_inferable for _, is_inferable in names):
        return all(problem.code != FOLDED_BATCH for problem in contract(after).problems)
    is_modest = all(is_inferable or name in SAFE_ARGUMENTS for name, is_inferable in names)
    return is_modest and _is_clean(after)
