"""What the site adds to `docs/`: the README as its first page, and the files that pages link to.

Links are written as they work in the repository; here they are turned to where the site has the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
#: What a link may lead to outside `docs/`.
SHOWN = ("examples", "tests")
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the README, and each file outside `docs/` that some page links to."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=readme))
    for page in list(files.documentation_pages()):
        for target, _ in LINK.findall(_prose(page.content_string)):
            path = _outside(target, page.src_uri)
            if path and files.get_file_from_path(path) is None and (ROOT / path).is_file():
                files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links out of `docs/` to where the site has them; a folder's becomes its name."""

    def turned(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        path = _outside(target, page.file.src_uri)
        if path is not None:
            return (
                f"]({path}{anchor})"
                if (ROOT / path).is_file()
                else "](zoo.md)"
                if path == "examples/zoo"
                else "](index.md)"
            )
        return f"]({target.removeprefix('docs/')}{anchor})" if page.file.src_uri == "index.md" else found[0]

    return LINK.sub(turned, markdown)


def _outside(target: str, page: str) -> str | None:
    """The path from the root of a link that leads out of `docs/`; None for any other."""
    path = target if page == "index.md" else target.removeprefix("../") if target.startswith("../") else ""
    return path.rstrip("/") if path.startswith(SHOWN) else None


def _prose(markdown: str) -> str:
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
