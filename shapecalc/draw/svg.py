"""A picture as SVG: one file, no network, no script, no font of its own; legible on light and dark."""

from __future__ import annotations

from html import escape

from .canvas import Box, Label, Line, Picture, Point

#: Colours by role: fill and stroke, for light and for dark.
BOXES = {
    "input": (("#d0d5dd", "#667085"), ("#475467", "#98a2b3")),
    "layers": (("#b9d6f2", "#2f6da8"), ("#1f4e79", "#7db3e8")),
    "encoder": (("#b9d6f2", "#2f6da8"), ("#1f4e79", "#7db3e8")),
    "down": (("#b9d6f2", "#2f6da8"), ("#1f4e79", "#7db3e8")),
    "bottleneck": (("#dcc6f0", "#7a4fa3"), ("#54357a", "#bf9be6")),
    "code": (("#dcc6f0", "#7a4fa3"), ("#54357a", "#bf9be6")),
    "decoder": (("#bfe3c4", "#2f7d43"), ("#235c33", "#7fce93")),
    "up": (("#bfe3c4", "#2f7d43"), ("#235c33", "#7fce93")),
    "join": (("#fbe0a6", "#9a6b00"), ("#6b4e0a", "#e8bd5a")),
    "failed": (("#fde3e1", "#c62828"), ("#4a1a1a", "#ff7b72")),
    "unreached": (("none", "#98a2b3"), ("none", "#667085")),
    "read": (("#b9d6f2", "#2f6da8"), ("#1f4e79", "#7db3e8")),
    "pad": (("#f2f4f7", "#98a2b3"), ("#2a313c", "#667085")),
    "gap": (("#ffffff", "#98a2b3"), ("#14171c", "#667085")),
    "unread": (("#fde3e1", "#c62828"), ("#4a1a1a", "#ff7b72")),
    "made": (("#bfe3c4", "#2f7d43"), ("#235c33", "#7fce93")),
    "tap": (("#2f6da8", "#2f6da8"), ("#7db3e8", "#7db3e8")),
}
#: Of lines the stroke, its width and dashes.
LINES = {
    "flow": (("#667085", "#98a2b3"), 1.2, ""),
    "skip": (("#9a6b00", "#e8bd5a"), 1.3, ""),
    "broken": (("#c62828", "#ff7b72"), 1.6, ""),
    "mismatch": (("#c62828", "#ff7b72"), 1.2, "5 4"),
    "level": (("#c3c9d2", "#3d4654"), 1.0, "2 4"),
    "bracket": (("#667085", "#98a2b3"), 1.0, ""),
    "beyond": (("#c62828", "#ff7b72"), 1.6, ""),
    "window": (("#2f6da8", "#7db3e8"), 1.4, ""),
}
#: Lines that lie behind the boxes.
BEHIND = ("level", "mismatch", "window", "beyond")
TEXTS = {
    "ink": ("#1d2430", "#e6e9ee"),
    "size": ("#1d2430", "#e6e9ee"),
    "dim": ("#556070", "#a3adbb"),
    "bad": ("#b42318", "#ff8b82"),
}
PAPER = ("#ffffff", "#14171c")
WRONG = ("#c62828", "#ff7b72")
DASHED = ("unreached", "failed", "pad")
FAMILY = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
#: The class that the whole drawing has, so that its style touches nothing else on a page.
CLASS = "shapecalc"

THEMES = ("auto", "light", "dark", "page")


def svg(picture: Picture, theme: str = "auto") -> str:
    """The picture as one `<svg>` element.

    `theme` is `auto` (the reader's preference decides), `light`, `dark`, or `page`: no paper, and the texts
    in the colour of the page around it.
    """
    width, height = _number(picture.width), _number(picture.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" aria-label="{_text(picture.title)}">',
        f"<title>{_text(picture.title)}</title>",
        f"<desc>{_text(picture.description)}</desc>",
        f"<style>{style(theme)}</style>",
    ]
    if theme != "page":
        parts.append(f'<rect class="paper" width="{width}" height="{height}"/>')
    parts += [_line(line) for line in picture.lines if line.role in BEHIND]
    parts += [_box(box) for box in picture.boxes]
    parts += [_line(line) for line in picture.lines if line.role not in BEHIND]
    parts += [_label(label) for label in picture.labels]
    return "\n".join([*parts, "</svg>", ""])


def style(theme: str = "auto") -> str:
    """The rules for a theme; all of them touch what is inside a drawing only."""
    base = (
        f".{CLASS}{{font-family:{FAMILY};max-width:100%;height:auto}}"
        f".{CLASS} text{{fill:currentColor}}.{CLASS} .size{{font-weight:700}}"
        f".{CLASS} path{{fill:none}}.{CLASS} rect.box{{stroke-width:1}}.{CLASS} rect.wrong{{stroke-width:2.5}}"
        + "".join(f".{CLASS} rect.{role}{{stroke-dasharray:3 2}}" for role in DASHED)
        + "".join(
            f".{CLASS} .{role}{{stroke-width:{width}" + (f";stroke-dasharray:{dashes}}}" if dashes else "}")
            for role, (_, width, dashes) in LINES.items()
        )
    )
    if theme == "page":
        dim = f".{CLASS} .dim{{opacity:.75}}"
        return base + _colours(0, False) + dim + f"@media(prefers-color-scheme:dark){{{_colours(1, False)}}}"
    if theme == "auto":
        return base + _colours(0) + f"@media(prefers-color-scheme:dark){{{_colours(1)}}}"
    return base + _colours(1 if theme == "dark" else 0)


def _colours(mode: int, with_texts: bool = True) -> str:
    """The rules that differ between light (0) and dark (1)."""
    rules = []
    if with_texts:
        rules.append(f".{CLASS}{{color:{TEXTS['ink'][mode]}}}.{CLASS} .paper{{fill:{PAPER[mode]}}}")
        rules.append(f".{CLASS} text.dim{{fill:{TEXTS['dim'][mode]}}}")
    rules.append(f".{CLASS} text.bad{{fill:{TEXTS['bad'][mode]}}}")
    for role, pair in BOXES.items():
        fill, stroke = pair[mode]
        rules.append(f".{CLASS} rect.{role}{{fill:{fill};stroke:{stroke}}}")
    rules.append(f".{CLASS} rect.wrong{{stroke:{WRONG[mode]}}}")
    for role, (colours, _, _) in LINES.items():
        rules.append(f".{CLASS} path.{role}{{stroke:{colours[mode]}}}")
        rules.append(f".{CLASS} path.head.{role}{{fill:{colours[mode]}}}")
    return "".join(rules)


def _box(box: Box) -> str:
    title = f"<title>{_text(box.title)}</title>" if box.title else ""
    return (
        f'<rect class="box {box.role}" x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" '
        f'height="{_number(box.height)}" rx="{_number(box.corner)}">{title}</rect>'
    )


def _label(label: Label) -> str:
    anchor = "" if label.anchor == "start" else f' text-anchor="{label.anchor}"'
    return (
        f'<text class="{label.role}" x="{_number(label.x)}" y="{_number(label.y)}" '
        f'font-size="{_number(label.size)}"{anchor}>{_text(label.text)}</text>'
    )


def _line(line: Line) -> str:
    radius = 9.0 if line.role == "skip" else 6.0
    drawn = f'<path class="{line.role}" d="{_rounded(line.points, radius)}"/>'
    return drawn + _head(line) if line.arrow else drawn


def _rounded(points: tuple[Point, ...], radius: float) -> str:
    """The strokes, each corner as an arc of at most that radius."""
    parts = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:]):
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    return "".join([*parts, f"L{_pair(points[-1])}"])


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """The point `radius` away from the corner, at most half the way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(radius, length / 2) / length if length else 0.0
    return corner[0] + dx * share, corner[1] + dy * share


def _head(line: Line) -> str:
    """The head of an arrow, at the last point."""
    (x, y), (px, py) = line.points[-1], line.points[-2]
    length = ((x - px) ** 2 + (y - py) ** 2) ** 0.5 or 1.0
    dx, dy = (x - px) / length, (y - py) / length
    back = (x - 5 * dx, y - 5 * dy)
    a, b = (back[0] - 2.5 * dy, back[1] + 2.5 * dx), (back[0] + 2.5 * dy, back[1] - 2.5 * dx)
    return f'<path class="head {line.role}" d="M{_pair((x, y))}L{_pair(a)}L{_pair(b)}Z"/>'


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    return escape(text)
