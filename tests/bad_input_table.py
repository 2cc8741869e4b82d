"""Prints the Markdown table "input | exit status | message" of every bad input, by running the command on it.

`python tests/bad_input_table.py`
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bad_input_cases import CASES

ROOT = Path(__file__).parent.parent
FILE = "bad.arch.yaml"

#: What is wrong with the call, not with a file's text.
USAGES = [
    ("missing file", ["missing.arch.yaml"]),
    ("a folder without specs", ["folder"]),
    ("unreadable file (a link to itself)", ["loop.arch.yaml"]),
    ("a file for a folder", ["good.arch.yaml/inside.arch.yaml"]),
    ("no input size", ["good.arch.yaml"]),
    ("`--input 1x10x`", ["good.arch.yaml", "--input", "1x10x"]),
    ("`--input 0x10`", ["good.arch.yaml", "--input", "0x10"]),
    ("`--set depth=3`, no such var", ["good.arch.yaml", "--input", "3", "--set", "depth=3"]),
    ("`--set depth`", ["good.arch.yaml", "--input", "3", "--set", "depth"]),
]


def main() -> None:
    """Print the table."""
    print("| input | exit status | message |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "folder").mkdir()
        (here / "good.arch.yaml").write_text("layers: [ReLU]\n", encoding="utf-8")
        os.symlink("loop.arch.yaml", here / "loop.arch.yaml")
        for case in CASES:
            (here / FILE).write_bytes(case.data)
            _print_row(case.name, [FILE], here)
        for name, arguments in USAGES:
            _print_row(name, arguments, here)


def _print_row(name: str, arguments: list[str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shapecalc", "check", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    said = " ".join((done.stdout + done.stderr).split()).replace("|", "\\|")
    print(f"| {name} | {done.returncode} | {said} |", flush=True)


if __name__ == "__main__":
    main()
