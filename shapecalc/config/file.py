"""Which configuration holds for a spec: the nearest file upwards from its folder.

`shapecalc.toml`, or `pyproject.toml` with a table `[tool.shapecalc]`. Where there is none, nothing is imported to read
one.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from .config import Config, ConfigError

#: Where nothing is configured.
NOTHING = Config()


def finder(config: str | None = None, isolated: bool = False) -> Callable[[str], Config]:
    """What gives the configuration for a spec's path: that of one file for all, none, or the nearest.

    Raises `ConfigError` where the given file cannot be understood, and its result where a found one cannot.
    """
    if config is not None:
        given = _read(config)
        if given is None:
            raise ConfigError(f"{config}: there is no table [tool.shapecalc]")
        return lambda path: given
    if isolated:
        return lambda path: NOTHING
    known: dict[str, Config] = {}
    return lambda path: _nearest(os.path.dirname(os.path.abspath(path)), known)


def _nearest(folder: str, known: dict[str, Config]) -> Config:
    """The configuration in a folder or in the nearest one above it; `known` are those found before."""
    if folder not in known:
        for name in ("shapecalc.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and (found := _read(path)) is not None:
                return known.setdefault(folder, found)
        above = os.path.dirname(folder)
        known[folder] = NOTHING if above == folder else _nearest(above, known)
    return known[folder]


def _read(path: str) -> Config | None:
    """What a file says; None for a `pyproject.toml` that says nothing of shapecalc. Raises `ConfigError`.

    Only a file that says something pays for pydantic.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    is_project = os.path.basename(path) == "pyproject.toml"
    if is_project and b"shapecalc" not in data:
        return None
    import tomllib

    try:
        text = data.decode("utf-8")
        content: object = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    for key in ("tool", "shapecalc") if is_project else ():
        content = content.get(key) if isinstance(content, dict) else None
    if content is None:
        return None
    from .table import checked

    return checked(path, text, content)
