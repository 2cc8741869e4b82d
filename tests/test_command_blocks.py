"""Every block of commands and of Python in the README and the docs, run as a reader would run it.

The blocks of a page are run in order in one folder that begins as a copy of `examples/`: a block with `title="model.py"`
is that file, a Python block with `>>>` is a doctest (pytest runs it), any other is a script. Screens (```console) are
made and compared by `docs/build.py`; no other block shows what a program prints.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy
import pytest
import yaml

from shapecalc.config.table import checked

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

#: A line of a block that is not run, and why.
NOT_RUN = {
    "python3 -m venv .venv && .venv/bin/pip install": "installs; of the README's two, CI runs the second word for word, "
    "and the test below the first once it is installed",
    "python tests/bench/": "measures for a minute; tests/test_comparison_page.py has the figures that are no times",
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
        return (self.language == "sh" or is_script or bool(self.title)) and self.reason is None


def blocks() -> Iterator[Block]:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Block(path.name, line, found[2], found[3] or "", found[4])


BLOCKS = list(blocks())
RUN = sorted({block.page for block in BLOCKS if block.is_run})


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """What comes of the blocks of each page that is asked for.

    Pages run side by side, as most of the time goes into importing torch.
    """
    asked = [item.callspec.params.get("page") for item in request.session.items if hasattr(item, "callspec")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            page: pool.submit(run_page, page, tmp_path_factory.mktemp("page"))
            for page in RUN
            if page in asked
        }


@pytest.mark.parametrize("page", RUN)
def test_blocks_run(page: str, outcomes: dict[str, Future[None]]) -> None:
    outcomes[page].result()


def test_the_first_command_of_the_readme_prints_its_first_screen() -> None:
    first = next(block for block in BLOCKS if block.page == "README.md" and block.language == "sh")
    screen = next(block for block in BLOCKS if block.page == "README.md" and block.language == "console")
    command = first.text.rpartition("&& .venv/bin/")[2]
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == (screen.text.partition("\n")[2], 1)


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


def test_every_block_is_of_a_kind_that_is_made_or_run_or_read() -> None:
    kinds = {"sh", "console", "python", "yaml", "toml"}
    assert [f"{block.page}:{block.line}" for block in BLOCKS if block.language not in kinds] == []


@pytest.mark.parametrize("language", ["yaml", "toml"])
def test_files_that_are_shown_can_be_read(language: str) -> None:
    """Rules' examples have a test of their own."""
    shown = [block for block in BLOCKS if block.language == language and block.page != "rules.md"]
    assert shown
    for block in shown:
        if language == "toml":
            checked(block.page, block.text, tomllib.loads(block.text))
        else:
            yaml.safe_load(block.text)


def test_workflows_run(tmp_path: Path) -> None:
    """Each step of shapecalc's, on a folder `nets`."""
    (tmp_path / "nets").mkdir()
    shutil.copy(ROOT / "examples/mel_cae.arch.yaml", tmp_path / "nets")
    steps = [
        step["run"]
        for block in BLOCKS
        if block.language == "yaml" and "runs-on" in block.text
        for job in yaml.safe_load(block.text)["jobs"].values()
        for step in job["steps"]
        if step.get("run", "").startswith(("shapecalc ", "pytest "))
    ]
    assert len(steps) >= 3
    for step in steps:
        run(Block("workflow", 0, "sh", "", step), tmp_path)


def test_no_command_stands_in_another_block() -> None:
    for block in BLOCKS:
        if block.language not in ("sh", "console"):
            assert not COMMAND.search(block.text), f"{block.page}:{block.line}: ```sh or ```console"


def test_what_is_not_run_is_still_there() -> None:
    reasons = [block.reason for block in BLOCKS if block.reason]
    assert set(NOT_RUN.values()) == set(reasons)
