"""Where the command line writes: findings to stdout, the tool's own messages to stderr, what is made to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from ..files import write_whole

#: The exit status of a command that was asked for something that makes no sense.
USAGE = 2


class UsageError(SystemExit):
    """The command was asked for something that makes no sense: said on stderr, exit status 2."""

    def __init__(self, message: str) -> None:
        complain(message)
        super().__init__(USAGE)


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


def write_lines(lines: Iterable[str]) -> None:
    """Print each on a line of its own."""
    write("".join(f"{line}\n" for line in lines))


def write_json(document: object) -> None:
    """Print a JSON document."""
    import json

    write(json.dumps(document, indent=2) + "\n")


def charset() -> str:
    """The encoding of stdout."""
    return sys.stdout.encoding or "utf-8"


def width() -> int:
    """How many columns the terminal has."""
    import shutil

    return shutil.get_terminal_size().columns


def discard(stream: object) -> None:
    """Let what is still buffered, and all that follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]


def complain(message: str) -> None:
    """A message of the tool's own, on stderr."""
    from ..show.text import visible

    print(f"shapecalc: {visible(message)}", file=sys.stderr)


def save(content: str | bytes, output: str | None, force: bool, spec: str = "", remark: str = "") -> None:
    """Print the text (`-`, None), or write the file, in one step or not at all, and say so with a remark.

    `spec` is a file that is never written over. Raises `UsageError`.
    """
    if output is None or output == "-":
        write(content if isinstance(content, str) else "")
        return
    if os.path.exists(output) and os.path.exists(spec) and os.path.samefile(output, spec):
        raise UsageError(f"{output}: is the spec itself")
    try:
        write_whole(output, content, force)
    except FileExistsError:
        raise UsageError(f"{output}: there is such a file already; --force replaces it") from None
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror or error}") from None
    complain(f"{output}: written{remark}")
