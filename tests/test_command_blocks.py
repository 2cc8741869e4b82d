"""Every block of commands and of Python in the README and the docs, run as a reader would run it.

The blocks of a page are run in order in one folder that begins as a copy of `examples/`: a Python block with
`title="model.py"` is that file, one with `>>>` is a doctest (pytest runs it), any other is a script. Screens
(```console) are made and compared by `docs/build.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

#: A line of a block that is not run, and why.
NOT_RUN = {
    "python3 -m venv .venv && .venv/bin/pip install": "installs; CI runs the README's second command first of all",
    "pip install torchinfo": "installs what only the benchmark needs",
    "apt-get install alsa-utils": "installs, and then trains for minutes",
    "class Conv2d(_Conv):": "a quotation from `layers/conv.py`, shortened",
}
#: Comparisons with torch run over one case here: their figures come from the long runs.
ONE = re.compile(r"(?<=^PYTHONPATH=\. python tests/)(\w+\.py) \d+", re.MULTILINE)

FENCE = re.compile(r"^( *)```(\w*)(?: title=\"(.*?)\")?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^ *(\$|shapecalc|pytest|python3?|pip|PYTHONPATH=\S+) ", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its page, the line it begins at, the language, the title and the text."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def reason(self) -> str | None:
        """Why it is not run."""
        return next((why for line, why in NOT_RUN.items() if line in self.text), None)

    @property
    def is_run(self) -> bool:
        """Whether it is run here."""
        is_script = self.language == "python" and not self.text.startswith(">>> ")
        return (self.language == "sh" or is_script) and self.reason is None


def blocks() -> Iterator[Block]:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Block(path.name, line, found[2], found[3] or "", found[4])


BLOCKS = list(blocks())
RUN = sorted({block.page for block in BLOCKS if block.is_run})


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """What comes of each page's blocks; pages run side by side, as most of the time goes into importing torch."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {page: pool.submit(run_page, page, tmp_path_factory.mktemp("page")) for page in RUN}


@pytest.mark.parametrize("page", RUN)
def test_blocks_run(page: str, outcomes: dict[str, Future[None]]) -> None:
    outcomes[page].result()


def run_page(page: str, folder: Path) -> None:
    """Run a page's blocks in a folder with what a reader has: examples, the tests' tools, some recordings."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "tests").symlink_to(ROOT / "tests")
    recordings = folder / "folder_of_npy_files"
    recordings.mkdir()
    for seed in range(4):
        sample = numpy.random.default_rng(seed).random((1, 10, 474), numpy.float32)
        numpy.save(recordings / f"{seed}.npy", sample)
    for block in BLOCKS:
        if block.page == page and block.is_run:
            run(block, folder)


def run(block: Block, folder: Path) -> None:
    """Write the file that the block is, or run it: exit status 0 from every command, and no traceback."""
    if block.title:
        (folder / block.title).write_text(block.text, encoding="utf-8")
        return
    # `shapecalc` and `pytest` are those of this Python, whatever is on the PATH.
    names = f'python() {{ "{sys.executable}" "$@"; }}\n' + "".join(
        f'{name}() {{ python -m {name} "$@"; }}\n' for name in ("shapecalc", "pytest")
    )
    command = ["bash", "-e", "-c", names + ONE.sub(r"\1 1", block.text)]
    if block.language == "python":
        command = [sys.executable, "-c", block.text]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    said = f"{block.page}:{block.line}\n{done.stdout}{done.stderr}"
    assert done.returncode == 0, said
    assert "Traceback" not in done.stdout + done.stderr, said


def test_no_command_stands_in_another_block() -> None:
    for block in BLOCKS:
        if block.language not in ("sh", "console"):
            assert not COMMAND.search(block.text), f"{block.page}:{block.line}: ```sh or ```console"


def test_what_is_not_run_is_still_there() -> None:
    reasons = [block.reason for block in BLOCKS if block.reason]
    assert set(NOT_RUN.values()) == set(reasons)
