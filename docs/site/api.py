"""The API for the site: doctests in docstrings as blocks of code, and no private names among the public ones."""

from __future__ import annotations

from typing import Any

from griffe import Class, Extension, Module, Object


class Fenced(Extension):
    """Fences the paragraphs that begin with a prompt."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is not None:
            paragraphs = obj.docstring.value.split("\n\n")
            obj.docstring.value = "\n\n".join(
                f"```pycon\n{part.rstrip()}\n```" if part.startswith(">>>") else part for part in paragraphs
            )


class Public(Extension):
    """Takes away what `members: true` would show, too: private names, and what a class leaves undocumented.

    The fields of a record are documented with it, and stay.
    """

    def on_class(self, *, cls: Class, **_: Any) -> None:
        if "NamedTuple" in map(str, cls.bases):
            return
        for name in [
            name for name, member in cls.members.items() if not member.is_alias and not member.docstring
        ]:
            if not name.startswith("__"):
                cls.del_member(name)

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        for name in [name for name in pkg.members if name.startswith("_") and name != "__version__"]:
            pkg.del_member(name)
