"""Where the command line writes: findings to stdout, the tool's own messages to stderr."""

from __future__ import annotations

import os
import sys


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
    from .show.text import visible

    print(f"shapecalc: {visible(message)}", file=sys.stderr)
