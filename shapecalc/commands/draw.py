"""`shapecalc draw`: a network or one of its layers, as a picture in a file or as text on the terminal."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from ..draw.canvas import Picture
from ..draw.strips import NothingToDraw
from ..draw.svg import THEMES
from ..problem import Problem
from ..shapes import Shape
from ..trace import Trace
from .inputs import Settings, is_unusable, judged, layer_number
from .output import USAGE, UsageError, charset, complain, save, width, write_lines

#: What the name of the file may end in.
SUFFIXES = (".svg", ".png", ".mmd")


class Request(NamedTuple):
    """What `shapecalc draw` is asked for; a file `-` is an SVG on stdout."""

    layer: str | None
    output: str | None
    width: int
    theme: str
    force: bool


def draw_file(path: str, shape: Shape | None, settings: Settings, request: Request) -> None:
    """Draw what a file describes. Raises `UsageError`, and `SystemExit` once it is said why nothing can be drawn."""
    if request.theme not in THEMES:
        raise UsageError(f"--theme is {', '.join(THEMES[:-1])} or {THEMES[-1]}, not `{request.theme}`")
    report = judged(path, shape, settings)
    if report.trace is None:
        if not is_unusable(report):
            print(report, file=sys.stderr)
        raise SystemExit(USAGE)
    draw(report.trace, report.problems, request, path)


def draw(trace: Trace, problems: tuple[Problem, ...], request: Request, spec: str = "") -> None:
    """Draw and print, or write the file, but never over `spec`. Raises `UsageError`."""
    suffix = ".svg" if request.output == "-" else os.path.splitext(request.output or "")[1].lower()
    if request.output is not None and suffix not in SUFFIXES:
        raise UsageError(
            f"{request.output}: the name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    number = None if request.layer is None else layer_number(trace, request.layer)
    try:
        if request.output is None:
            write_lines(_lines(trace, problems, number))
            return
        content = _content(trace, problems, number, suffix, request)
    except NothingToDraw as reason:
        raise UsageError(str(reason)) from None
    save(content, request.output, request.force, spec)


def _lines(trace: Trace, problems: tuple[Problem, ...], number: int | None) -> list[str]:
    if number is None:
        from ..draw.screen import screen

        return screen(trace, problems, width(), charset())
    from ..draw.windows_screen import layer_screen

    return layer_screen(trace, number, width(), charset())


def _content(
    trace: Trace, problems: tuple[Problem, ...], number: int | None, suffix: str, request: Request
) -> str | bytes:
    """What the file holds."""
    if suffix == ".mmd":
        if number is not None:
            raise UsageError("Mermaid draws networks, not the windows of one layer; write an .svg or a .png")
        from ..draw.mermaid import mermaid

        return mermaid(trace, problems)
    made = picture(trace, problems, number, request.width)
    if suffix == ".svg":
        from ..draw.svg import svg

        return svg(made, request.theme)
    from ..draw.png import NoRenderer, png, without_glyph

    if request.theme == "page":
        raise UsageError("a PNG has a colour of its own: --theme light or dark")
    try:
        content = png(made, "dark" if request.theme == "dark" else "light")
    except NoRenderer as reason:
        raise UsageError(str(reason)) from None
    if boxes := without_glyph(made):
        complain(f"no font here has {boxes}, which the PNG shows as boxes; install one, or write an .svg")
    return content


def picture(
    trace: Trace, problems: tuple[Problem, ...] = (), number: int | None = None, width: float = 960
) -> Picture:
    """The picture of a network, or of its layer `number`. Raises `NothingToDraw`."""
    if number is None:
        from ..draw.network import network

        return network(trace, problems, width)
    from ..draw.windows import layer_picture

    return layer_picture(trace, number, width)
