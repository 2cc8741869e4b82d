"""The command as a user runs it: in a pipe, or on a terminal of so many columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
COMMAND = (sys.executable, "-m", "shapecalc")
ANSI = re.compile(r"\x1b\[[0-9;]*m")

#: Variables that say something of screens; a test sets those that it is about.
ABOUT_SCREENS = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "CI", "TTY_COMPATIBLE", "COLORTERM")


def environment(**variables: str) -> dict[str, str]:
    """This process's, with nothing said of screens but `variables`, and the package found from any folder."""
    own = {name: value for name, value in os.environ.items() if name not in ABOUT_SCREENS}
    return own | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "0", "PYTHONIOENCODING": "utf-8"} | variables


def piped(
    *arguments: str, cwd: Path = ROOT, input: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """The command with its output in pipes."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        input=input,
        capture_output=True,
        env=environment(**variables),
        check=False,
    )


def on_terminal(
    *arguments: str, columns: int = 80, cwd: Path = ROOT, variables: dict[str, str] | None = None
) -> tuple[str, int]:
    """What the command writes to a terminal, with its escape codes, and its exit status."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    env = environment(**{"TERM": "xterm-256color", **(variables or {})})
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=cwd, stdin=slave, stdout=slave, stderr=slave, env=env
    ) as process:
        os.close(slave)
        written = b""
        while chunk := _read(master):
            written += chunk
    os.close(master)
    return written.decode().replace("\r\n", "\n"), process.returncode


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # Linux: the other end is closed
        return b""


def columns(text: str) -> int:
    """How many columns a terminal gives the text, counted anew."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me") for character in text)
