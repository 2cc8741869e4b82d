"""Makes what the documentation shows: `python docs/build.py`, or `--check` to see that it is up to date.

Every screen (a block marked `console`) is what the command above it prints on a terminal of 80 columns, in a folder
with the files that the page's blocks with a `title="model.py"` are; the catalogues of layers and of rules are read off
the registry.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from drawings import stale_drawings, write_drawings
from zoo_table import zoo_page

import shapecalc.layers
from shapecalc.layer import KINDS, Layer, signature
from shapecalc.lint.rule import RULES
from shapecalc.lint.selectors import known_codes
from shapecalc.problem import Code
from shapecalc.show.rules import GROUPS, level, option_texts, page, where_on

assert shapecalc.layers
ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCREEN = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```\w+ title=\"(.*?)\"\n(.*?)^```$", re.MULTILINE | re.DOTALL)

STYLE = re.compile(r"\x1b\[[0-9;]*m")
#: What differs from run to run.
SECONDS = re.compile(r"(?<=(?:ed|or) in )\d+\.\d+s$", re.MULTILINE)


def screen(block: str, folder: Path) -> str:
    """The block with each command's output made anew."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(part for line in lines for part in (line, output(line[2:], folder)) if part) + "\n"


def output(command: str, folder: Path) -> str:
    """What a command prints on a terminal of 80 columns without colour."""
    words = shlex.split(command)
    if words[0] in ("shapecalc", "pytest"):
        words[:1] = [sys.executable, "-m", words[0]]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
    )
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    process.wait()
    os.close(ours)
    text = SECONDS.sub("…s", STYLE.sub("", b"".join(chunks).decode().replace("\r\n", "\n")))
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def environment() -> dict[str, str]:
    """What a screen may depend on: nothing of who builds it (where `CI` is set, for one, pytest prints more)."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    terminal = {"COLUMNS": "80", "LINES": "40", "NO_COLOR": "1", "TERM": "xterm", "LANG": "C.UTF-8"}
    return kept | terminal | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:cacheprovider"}


def with_screens(page: str) -> str:
    """The page with every screen made anew."""
    with folder_of(page) as folder:
        return SCREEN.sub(lambda match: f"```console\n{screen(match[1], folder)}```", page)


@contextmanager
def folder_of(page: str) -> Iterator[Path]:
    """Where a page's commands run: the repository, or where the page has files, a folder with them and its examples."""
    files = FILE.findall(page)
    if not files:
        yield ROOT
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        for linked in ("examples", "docs"):
            (folder / linked).symlink_to(ROOT / linked)
        for title, text in files:
            (folder / title).write_text(text, encoding="utf-8")
        yield folder


def layers_page() -> str:
    """The catalogue: every kind's docstring and arguments."""
    parts = [
        "# Layers\n\n"
        "Made from the registry by `docs/build.py`. Arguments have torch's names, order and defaults; each rule is\n"
        "compared with real torch on the CPU, acceptance and refusal both (`tests/test_differential.py`).\n\n"
        f"{len(KINDS)} kinds.\n"
    ]
    families: dict[str, list[type[Layer]]] = {}
    for cls in KINDS.values():
        families.setdefault(cls.__module__.rpartition(".")[2], []).append(cls)
    for family, kinds in sorted(families.items()):
        parts.append(f"\n## {family}\n")
        for cls in kinds:
            inputs = (
                ""
                if cls.inputs == ("input",)
                else f"\n\nReads: {', '.join(f'`{name}`' for name in cls.inputs)}."
            )
            doc = "\n".join(line.strip() for line in (cls.__doc__ or "").strip().splitlines())
            parts.append(
                f"\n### {cls.__name__}\n\n`{cls.__name__}({signature(cls)})`\n\n{_fenced(doc)}{inputs}\n"
            )
    return "".join(parts)


def _fenced(doc: str) -> str:
    """The docstring with its doctests in code blocks."""
    paragraphs = doc.split("\n\n")
    return "\n\n".join(f"```python\n{part}\n```" if part.startswith(">>>") else part for part in paragraphs)


def rules_page() -> str:
    """Every code and its page, in order, by what those of a hundred have in common."""
    codes = known_codes().values()
    found = sum(rule.is_found_by_lint for rule in RULES.values())
    parts = [
        "# Rules\n\n"
        "Made from the rules' own files by `docs/build.py`; the examples on a page are its rule's test. How rules are\n"
        "selected, configured and silenced: [the linter](lint.md). A code is never reused.\n\n"
        f"{len(codes)} codes, {found} of them rules of the linter.\n"
    ]
    for prefix, title in GROUPS.items():
        group = [code for code in codes if code.id.startswith(prefix)]
        if group:
            rows = "".join(_row(code) for code in group)
            parts.append(
                f"\n## {title} (`{prefix}xx`)\n\n| code | name | level | on | what |\n| - | - | - | - | - |\n{rows}"
            )
            parts += [_rule_section(code) for code in group if page(code)]
    return "".join(parts)


def _row(code: Code) -> str:
    found = page(code)
    link = f"[{code.id}](#{code.id.lower()}-{code.name})" if found else code.id
    title = found.title.replace("|", "\\|") if found else ""
    return f"| {link} | {code.name} | {level(code)} | {where_on(code)} | {title} |\n"


def _rule_section(code: Code) -> str:
    """A rule's page in Markdown."""
    found = page(code)
    assert found is not None
    parts = [f"\n### {code.id} {code.name}\n\n{found.title}.\n"]
    parts.append(f"\n{level(code).capitalize()}; on: {where_on(code)}.\n")
    if found.text:
        parts.append(f"\n{found.text}\n")
    for example in found.examples:
        head = ("Good" if example.good else "Bad") + (f" ({example.title})" if example.title else "")
        parts.append(f"\n{head}:\n\n```yaml\n{example.text.rstrip()}\n```\n")
    options = option_texts(RULES[code.id])
    if options:
        parts.append(f"\nOptions: {', '.join(f'`{option}`' for option in options)}.\n")
    if found.source:
        parts.append(f"\nSource: {found.source}\n")
    return "".join(parts)


MADE: dict[str, Callable[[], str]] = {
    "docs/layers.md": layers_page,
    "docs/rules.md": rules_page,
    "docs/zoo.md": zoo_page,
}


def made(only: Sequence[str] = ()) -> dict[Path, str]:
    """Every page's path and what should stand in it; with `only`, of the pages so named."""
    written = {path for path in PAGES if str(path.relative_to(ROOT)) not in MADE}
    texts = {
        path: with_screens(path.read_text(encoding="utf-8"))
        for path in sorted(written)
        if not only or path.name in only
    }
    return texts | {ROOT / name: page() for name, page in MADE.items() if not only or Path(name).name in only}


def main() -> int:
    """Write the pages and the drawings, or only the pages named; with `--check` only say which are out of date."""
    is_check = "--check" in sys.argv
    only = [name for name in sys.argv[1:] if name != "--check"]
    texts = made(only)
    stale = [p for p, text in texts.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"out of date: {path.relative_to(ROOT)}")
        if not is_check:
            path.write_text(texts[path], encoding="utf-8")
    drawings = [] if only else stale_drawings()
    for drawing in drawings:
        print(f"out of date: {drawing.relative_to(ROOT)}")
    if drawings and not is_check:
        write_drawings()
    return int(is_check and bool(stale or drawings))


if __name__ == "__main__":
    sys.exit(main())
