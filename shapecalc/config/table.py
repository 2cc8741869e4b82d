"""What a configuration may say: the table of `shapecalc.toml`, or `[tool.shapecalc]` of `pyproject.toml`, checked."""

from __future__ import annotations

import os
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from ..arch import PROFILES
from ..lint.rule import RULES
from ..lint.selectors import refused
from ..registry import nearest
from ..show.formats import FORMATS
from .config import Config, ConfigError


def _known_selector(text: str) -> str:
    if wrong := refused(text):
        raise ValueError(wrong)
    return text


def _one_of(words: tuple[str, ...]) -> AfterValidator:
    def check(text: str) -> str:
        if text in words:
            return text
        meant = nearest(text, words)
        did = f"; did you mean `{meant}`?" if meant else ""
        raise ValueError(f"`{text}` is none of {', '.join(words)}{did}")

    return AfterValidator(check)


Selectors = list[Annotated[str, AfterValidator(_known_selector)]]
Option = bool | int | float | str


def _dashed(name: str) -> str:
    return name.replace("_", "-")


class Table(BaseModel):
    """The table's keys, as they stand in the file with dashes."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=_dashed)

    select: Selectors | None = None
    extend_select: Selectors = []
    ignore: Selectors = []
    per_file_ignores: dict[str, Selectors] = {}
    exclude: list[str] = []
    profile: Annotated[str, _one_of(PROFILES)] | None = None
    options: dict[str, dict[str, Option]] = {}
    format: Annotated[str, _one_of(tuple(FORMATS))] | None = None
    baseline: str | None = None
    unsafe_fixes: bool = False


def checked(path: str, text: str, content: object) -> Config:
    """The table `content` that stands in a file's text as a configuration. Raises `ConfigError`."""
    try:
        table = Table.model_validate(content)
        options = {name: _options(name, given) for name, given in table.options.items()}
    except ValidationError as error:
        raise ConfigError(_said(path, text, error)) from None
    except _WrongOption as error:
        raise ConfigError(f"{_where(path, text, error.key)}: {error}") from None
    folder = os.path.dirname(os.path.abspath(path))
    baseline = None if table.baseline is None else os.path.relpath(os.path.join(folder, table.baseline))
    return Config(folder=folder, **{**dict(table), "options": options, "baseline": baseline})


class _WrongOption(Exception):
    """An option that a rule does not have, or not with such a value; `key` is what to point at."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def _options(name: str, given: dict[str, Option]) -> dict[str, Option]:
    """The options of one rule, checked against its keyword arguments."""
    rules = {rule.code.name: rule for rule in RULES.values()}
    if name not in rules:
        meant = nearest(name, rules)
        did = f"; did you mean `{meant}`?" if meant else ""
        raise _WrongOption(f"`options`: no rule is called `{name}`{did}", name)
    defaults = rules[name].options
    checked: dict[str, Option] = {}
    for key, value in given.items():
        option = key.replace("-", "_")
        if option not in defaults:
            meant = nearest(option, defaults)
            did = f"; did you mean `{meant}`?" if meant else ""
            has = ", ".join(f"`{known}`" for known in defaults) or "none"
            raise _WrongOption(f"`{name}` has no option `{key}`{did or f'; it has {has}'}", key)
        if not _is_like(value, defaults[option]):
            raise _WrongOption(f"`{name}`: `{key}` is like {defaults[option]!r}, not {value!r}", key)
        checked[option] = value
    return checked


def _is_like(value: object, default: object) -> bool:
    """Whether a value may stand for a default: integers for floats, but no truth values for numbers."""
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    return isinstance(value, int | float if isinstance(default, float) else type(default))


def _said(path: str, text: str, error: ValidationError) -> str:
    """The first thing that is wrong with the table."""
    first = error.errors()[0]
    key = str(first["loc"][0]) if first["loc"] else "shapecalc"
    where = _where(path, text, key)
    if first["type"] == "extra_forbidden":
        keys = [_dashed(name) for name in Table.model_fields]
        meant = nearest(key, keys)
        return f"{where}: unknown key `{key}`" + (
            f"; did you mean `{meant}`?" if meant else f"; there are {', '.join(keys)}"
        )
    if first["type"] == "value_error":
        return f"{where}: `{key}`: {first['ctx']['error']}"
    said = first["msg"].removeprefix("Input ")
    return f"{where}: `{key}` {said}, not {first['input']!r}"


def _where(path: str, text: str, key: str) -> str:
    """The file, and the line on which the key stands; TOML's reader does not say."""
    quoted = rf"[\"']?{re.escape(key)}[\"']?"
    found = re.search(rf"^[ \t]*(?:{quoted}\s*[.=]|\[[^\]\n]*\b{quoted}\s*[\].])", text, re.MULTILINE)
    return f"{path}:{text.count(chr(10), 0, found.start()) + 1}" if found else path
