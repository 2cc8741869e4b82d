"""The documentation is what the tool prints, and its links lead somewhere."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_screens_and_catalogues_are_up_to_date() -> None:
    elsewhere = {"CI": "true", "GITHUB_ACTIONS": "true", "FORCE_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "docs/build.py", "--check"],
        cwd=ROOT,
        env=os.environ | elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
        assert (page.parent / target).exists(), target


def public_names() -> set[str]:
    """What `import shapecalc` offers: its functions, what it passes on by name, and the types that they return."""
    tree = ast.parse((ROOT / "shapecalc/__init__.py").read_text(encoding="utf-8"))
    offered = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            offered += [name.name for name in node.names if name.asname == name.name]
        if isinstance(node, ast.If):
            inner = [one for one in node.body if isinstance(one, ast.ImportFrom) and one.level]
            offered += [name.name for one in inner for name in one.names]
    return {name for name in offered if name == "__version__" or not name.startswith("_")}


def test_every_public_name_is_in_the_api_reference() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8").partition("## Reference")[0]
    assert public_names() - set(re.findall(r"`(\w+)`", page)) == set()
    assert {"load", "Report", "Size", "ShapeError"} < public_names()
