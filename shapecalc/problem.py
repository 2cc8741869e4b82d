"""Problems: what is wrong, where, why, and one repair.

Layers raise `ShapeError` with bare facts. The reader and the trace add the place, once, at their
public boundary. Everything that a person or a script sees of an error is read from `Problem`.
"""

# Not `from __future__ import annotations`: of six records NamedTuple would compile every annotation, half of what
# this module costs a check.

from typing import NamedTuple


class Place(NamedTuple):
    """A stretch of source text; lines and columns count from 1 in characters, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Edit(NamedTuple):
    """Replace the text at `place` by `text`."""

    place: Place
    text: str


class Fix(NamedTuple):
    """Edits that mend a problem; `safe` when no learned choice changes."""

    safe: bool
    edits: tuple[Edit, ...]


class Label(NamedTuple):
    """A secondary place and what is to be said of it."""

    place: Place
    text: str


class Code(NamedTuple):
    """A problem's code, never reused, and its name, which reads after "allow"."""

    id: str
    name: str


class Problem(NamedTuple):
    """One finding.

    `path` is the layer's torch path (`encoder.2`), `argument` the argument to point at, and `repairs`
    the changes of arguments that could mend it, the most modest first; none is offered to anyone
    before it has been traced again.
    """

    code: Code
    message: str
    note: str | None = None
    help: str | None = None
    severity: str = "error"
    path: str | None = None
    place: Place | None = None
    labels: tuple[Label, ...] = ()
    fix: Fix | None = None
    argument: str | None = None
    repairs: tuple[dict[str, object], ...] = ()

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        lines = [f"{self.severity}[{self.code.id}]: {where}{self.message}"]
        lines += [f"  = note: {self.note}"] if self.note else []
        lines += [f"  = help: {self.help}"] if self.help else []
        return "\n".join(lines)


class ShapeError(ValueError):
    """Torch would refuse this, or the spec cannot be understood; `.problem` holds the record."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return str(self.problem)


class SpecError(ShapeError):
    """The spec (a file, an input size, an argument list) cannot be understood."""

    def __init__(
        self,
        code: Code,
        message: str,
        place: Place | None = None,
        note: str | None = None,
        help: str | None = None,
        argument: str | None = None,
    ) -> None:
        super().__init__(Problem(code, message, note, help, place=place, argument=argument))


def refusal(
    code: Code,
    message: str,
    note: str | None = None,
    argument: str | None = None,
    repairs: tuple[dict[str, object], ...] = (),
) -> ShapeError:
    """A layer's refusal, with bare facts; the trace adds path, place and a repair that it has tried."""
    return ShapeError(Problem(code, message, note, argument=argument, repairs=repairs))


# SHP0xx: the file can't be understood
SYNTAX = Code("SHP001", "broken-syntax")
ENCODING = Code("SHP002", "undecodable-text")
EMPTY_FILE = Code("SHP003", "empty-spec")
DUPLICATE_KEY = Code("SHP004", "duplicate-key")
UNKNOWN_KIND = Code("SHP005", "unknown-kind")
UNKNOWN_ARGUMENT = Code("SHP006", "unknown-argument")
MISSING_ARGUMENT = Code("SHP007", "missing-argument")
WRONG_TYPE = Code("SHP008", "wrong-type")
UNKNOWN_NAME = Code("SHP009", "unknown-name")
DUPLICATE_NAME = Code("SHP010", "duplicate-name")
BAD_SHAPE = Code("SHP011", "malformed-size")
LIMIT = Code("SHP012", "oversized-spec")
UNKNOWN_KEY = Code("SHP013", "unknown-key")
NO_INPUT = Code("SHP014", "missing-input")
UNBUILT = Code("SHP015", "failing-model-file")

# SHP1xx: torch would raise
BAD_ARGUMENT = Code("SHP101", "refused-argument")
WRONG_RANK = Code("SHP102", "wrong-rank")
CHANNELS = Code("SHP103", "channel-mismatch")
GROUPS = Code("SHP104", "groups-mismatch")
TOO_SMALL = Code("SHP105", "kernel-over-input")
EMPTY_OUTPUT = Code("SHP106", "empty-output")
PAD_TOO_LARGE = Code("SHP107", "pad-over-input")
POOL_PADDING = Code("SHP108", "pool-padding-over-half-kernel")
OUTPUT_PADDING = Code("SHP109", "output-padding-over-stride")
SAME_STRIDE = Code("SHP110", "same-padding-with-stride")
FEATURES = Code("SHP111", "feature-mismatch")
JOIN = Code("SHP112", "join-mismatch")
RESHAPE = Code("SHP113", "element-count-mismatch")
MODE = Code("SHP114", "mode-mismatch")
AXIS = Code("SHP115", "axis-out-of-range")
ONE_VALUE = Code("SHP116", "one-value-per-channel")
INPUT_COUNT = Code("SHP117", "input-count")
UNPOOL_SIZE = Code("SHP118", "unpool-size")
RAISED = Code("SHP119", "failing-forward")

# SHP2xx: the contract is broken
UNMIRRORED = Code("SHP201", "unmirrored-output")
OUTPUT = Code("SHP202", "output-mismatch")
LATENT = Code("SHP203", "latent-mismatch")
FOLDED_BATCH = Code("SHP204", "folded-batch")
BROADCAST_LOSS = Code("SHP205", "broadcast-loss")
FROZEN_BATCH = Code("SHP206", "frozen-batch")
ROUNDED = Code("SHP207", "rounded-size")

# SHP9xx: the tool's own
SIZE_LIMIT = Code("SHP901", "size-formula-limit")
UNREADABLE = Code("SHP902", "unreadable-file")
NO_MIRROR = Code("SHP903", "missing-mirror")
UNUSED_SUPPRESSION = Code("SHP904", "unused-suppression")
MALFORMED_SUPPRESSION = Code("SHP905", "malformed-suppression")
DATA_DEPENDENT = Code("SHP906", "data-dependent-forward")
CHANGES_ITSELF = Code("SHP907", "self-changing-forward")
