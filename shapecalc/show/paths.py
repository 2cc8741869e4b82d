"""Paths as other programs take them: relative to where the repository begins, with slashes."""

from __future__ import annotations

import os


def from_root(path: str) -> str:
    """The path relative to the repository that a GitHub action checked out, elsewhere to the working folder.

    What lies outside stays an absolute path.
    """
    root = os.environ.get("GITHUB_WORKSPACE") or os.getcwd()
    whole = os.path.abspath(path)
    inside = os.path.commonpath([root, whole]) == os.path.abspath(root) if _comparable(root, whole) else False
    return (os.path.relpath(whole, root) if inside else whole).replace(os.sep, "/")


def _comparable(first: str, second: str) -> bool:
    """Whether two paths are on one drive."""
    return os.path.splitdrive(os.path.abspath(first))[0] == os.path.splitdrive(second)[0]
