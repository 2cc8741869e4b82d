"""The documentation as a site: it builds without a warning, and every command has its place in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_docs import public_names
from typer.main import get_command

from shapecalc.cli import app

ROOT = Path(__file__).parent.parent
INSTALLED = all(find_spec(name) for name in ("mkdocs", "material", "mkdocstrings_handlers"))


def test_every_command_has_its_section() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert commands - set(re.findall(r"^## (\w+)$", page, re.MULTILINE)) == set()


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(
        r": (\w+\.md)$", (ROOT / "docs/site/mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted({path.name for path in (ROOT / "docs").glob("*.md")} | {"index.md"})


@pytest.mark.skipif(not INSTALLED, reason="what builds the site is not installed")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        "docs/site/mkdocs.yml",
        "-d",
        str(tmp_path),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "examples/mel_cae.arch.yaml").exists()
    shown = set(
        re.findall(r'id="shapecalc\.(?:trace\.)?(\w+)"', (tmp_path / "api.html").read_text(encoding="utf-8"))
    )
    assert shown == public_names()
    for page in tmp_path.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|link)[^>]*?(?:src|href)="(https?:[^"]*)"', text)
        assert loaded == [], page.name
