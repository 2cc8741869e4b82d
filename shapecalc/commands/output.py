"""Where the command line writes: findings to stdout, the tool's own messages to stderr."""

from __future__ import annotations

import os
import sys


def open_streams() -> None:
    """Let stdout and stderr take whatever is written: closed ones too, and characters that they cannot spell."""
    # A closed stream is None; the first file opened after that would take its number.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def write(text: str) -> None:
    """Print. A reader that leaves early (`| head`) ends the printing, not the verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)


def charset() -> str:
    """The encoding of stdout."""
    return sys.stdout.encoding or "utf-8"


def discard(stream: object) -> None:
    """Let what is still buffered, and all that follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]


def complain(message: str) -> None:
    """A message of the tool's own, on stderr."""
    from ..show.text import visible

    print(f"shapecalc: {visible(message)}", file=sys.stderr)
