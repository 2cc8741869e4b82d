"""What is wrong with a drawing: texts that overlap or leave the canvas, lines and boxes that run through texts."""

from __future__ import annotations

from itertools import pairwise

from shapecalc.draw.canvas import Label, Picture, Point

Area = tuple[float, float, float, float]

#: How much two areas may share: rounding.
SLACK = 0.5


def faults(picture: Picture) -> list[str]:
    areas = [label.box for label in picture.labels]
    found = [
        f"{label.text!r} leaves the canvas at {area}"
        for label, area in zip(picture.labels, areas)
        if area[0] < 0 or area[1] < 0 or area[2] > picture.width or area[3] > picture.height
    ]
    found += [
        f"a box leaves the canvas: {box}"
        for box in picture.boxes
        if box.x < 0 or box.y < 0 or box.x + box.width > picture.width or box.y + box.height > picture.height
    ]
    found += [
        f"a line leaves the canvas: {line}"
        for line in picture.lines
        for x, y in line.points
        if not (0 <= x <= picture.width and 0 <= y <= picture.height)
    ]
    order = sorted(range(len(areas)), key=lambda number: areas[number][0])
    for place, number in enumerate(order):
        for other in order[place + 1 :]:
            if areas[other][0] >= areas[number][2]:
                break
            if touch(areas[number], areas[other]):
                found.append(f"{picture.labels[number].text!r} overlaps {picture.labels[other].text!r}")
    for label, area in zip(picture.labels, areas):
        found += [f"a line crosses {label.text!r}: {line}" for line in crossing(picture, area)]
        found += [f"a box covers a part of {label.text!r}: {box}" for box in covering(picture, label)]
    return found + [f"two skips run in one line: {ends}" for ends in merging(picture)]


def merging(picture: Picture) -> list[object]:
    """Skips that run along each other, and have neither end in common."""
    along: dict[tuple[str, int], list[tuple[float, float, set[Point]]]] = {}
    for line in picture.lines:
        for (x, y), (to_x, to_y) in pairwise(line.points if line.role == "skip" else ()):
            key, span = (("x", round(x)), (y, to_y)) if x == to_x else (("y", round(y)), (x, to_x))
            along.setdefault(key, []).append((min(span), max(span), {line.points[0], line.points[-1]}))
    return [
        (key, ends, others)
        for key, spans in along.items()
        for number, (start, stop, ends) in enumerate(spans)
        for other_start, other_stop, others in spans[:number]
        if min(stop, other_stop) - max(start, other_start) > SLACK and not ends & others
    ]


def crossing(picture: Picture, area: Area) -> list[object]:
    return [
        line
        for line in picture.lines
        for (x, y), (to_x, to_y) in pairwise(line.points)
        if touch(area, (min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)))
    ]


def covering(picture: Picture, label: Label) -> list[object]:
    """Boxes that touch the text and do not hold it whole."""
    left, top, right, bottom = label.box
    return [
        box
        for box in picture.boxes
        if touch(label.box, (box.x, box.y, box.x + box.width, box.y + box.height))
        and not (
            box.x <= left
            and right <= box.x + box.width
            and box.y <= top + 2
            and bottom - 2 <= box.y + box.height
        )
    ]


def touch(a: Area, b: Area) -> bool:
    return (
        a[0] < b[2] - SLACK and b[0] < a[2] - SLACK and a[1] < b[3] - SLACK and b[1] < a[3] - SLACK
        if b[2] - b[0] > SLACK and b[3] - b[1] > SLACK
        else a[0] + SLACK < b[2] + SLACK and b[0] + SLACK < a[2] and a[1] < b[3] + SLACK and b[1] + SLACK < a[3]
    )  # fmt: skip
