"""Rules for readers: a rule's page, and the table of all rules."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

from ..lint.page import Example, Page, page_of
from ..lint.rule import RULES, Rule, matches
from ..lint.selectors import known_codes, refused
from ..problem import Code
from .text import cells, visible, wrapped

#: What the codes of a hundred have in common, by how they begin.
GROUPS = {
    "SHP0": "The file can't be understood",
    "SHP1": "Torch would raise",
    "SHP2": "The contract is broken",
    "SHP3": "Suspicious, with a measured witness",
    "SHP4": "Cost",
    "SHP5": "Pedantic, off by default",
    "SHP9": "The tool's own",
}

WIDEST = 100


def rules_text(selector: str, as_json: bool, charset: str = "utf-8") -> str:
    """The page of the rule with this code or name, or the table of those whose codes begin so.

    Raises `LookupError` where there is none.
    """
    codes = [code for code in known_codes().values() if matches(selector, code)]
    if not codes:
        raise LookupError(refused(selector))
    alone = len(codes) == 1
    if as_json:
        rows = [_json(code) for code in codes]
        return json.dumps(rows[0] if alone else rows, indent=2) + "\n"
    width = min(shutil.get_terminal_size().columns, WIDEST)
    lines = _page(codes[0], width) if alone else _table(codes, width)
    return "".join(f"{visible(line, charset)}".rstrip() + "\n" for line in lines)


def where_on(code: Code) -> str:
    """Where a rule is on when nothing is said: `everywhere`, `nowhere`, `ae, vae`."""
    rule = RULES.get(code.id)
    if rule is None or rule.profiles is None:
        return "everywhere"
    return ", ".join(rule.profiles) or "nowhere"


def level(code: Code) -> str:
    """The severity of what a rule finds."""
    rule = RULES.get(code.id)
    return rule.level if rule else "error"


def page(code: Code) -> Page | None:
    """A rule's page, where it has one."""
    rule = RULES.get(code.id)
    return page_of(rule.page) if rule and rule.page else None


def option_texts(rule: Rule) -> list[str]:
    """A rule's options as they stand in a configuration: `least = 31`."""
    return [f"{name.replace('_', '-')} = {json.dumps(value)}" for name, value in rule.options.items()]


def _page(code: Code, width: int) -> Iterator[str]:
    found = page(code)
    on = {"everywhere": "on", "nowhere": "off unless selected"}.get(
        where_on(code), f"on for {where_on(code)}"
    )
    yield f"{code.id} {code.name}   {level(code)}, {on}"
    if found is None:
        yield GROUPS[code.id[:4]]
        return
    yield from wrapped(found.title, width)
    for paragraph in found.text.split("\n\n"):
        yield ""
        yield from _paragraph(paragraph, width)
    for example in found.examples:
        yield from ("", *wrapped(f"{_head(example)}:", width), "")
        yield from (f"    {line}" for line in example.text.rstrip("\n").split("\n"))
    if code.id in RULES and RULES[code.id].options:
        yield from ("", f"Options: {', '.join(option_texts(RULES[code.id]))}")
    if found.source:
        yield ""
        yield from wrapped(f"Source: {found.source}", width)


def _head(example: Example) -> str:
    return ("Good" if example.good else "Bad") + (f" ({example.title})" if example.title else "")


def _paragraph(text: str, width: int) -> list[str]:
    """A paragraph broken anew; one with indented lines, or a list, as it is."""
    lines = text.split("\n")
    if any(line.startswith((" ", "- ", "* ", "|")) for line in lines):
        return lines
    return wrapped(" ".join(lines), width)


def _table(codes: list[Code], width: int) -> Iterator[str]:
    heads = ("code", "name", "level", "on", "what")
    rows = [
        (*code, level(code), where_on(code), found.title if (found := page(code)) else "") for code in codes
    ]
    widths = [max(cells(row[column]) for row in (heads, *rows)) for column in range(4)]
    indent = sum(widths) + 2 * len(widths)
    for row in (heads, *rows):
        start = "".join(cell + " " * (space - cells(cell) + 2) for cell, space in zip(row, widths))
        if width - indent >= 30:
            first, *rest = wrapped(row[4], width - indent)
            yield start + first
            yield from (" " * indent + line for line in rest)
        else:
            yield start
            yield from (f"    {line}" for line in wrapped(row[4], width - 4) if line and row is not heads)


def _json(code: Code) -> dict[str, Any]:
    rule, found = RULES.get(code.id), page(code)
    profiles = rule.profiles if rule else None
    return {
        "code": code.id,
        "name": code.name,
        "level": level(code),
        "profiles": None if profiles is None else list(profiles),
        "title": found.title if found else None,
        "text": found.text if found else None,
        "examples": [
            {
                "good": example.good,
                "title": example.title,
                "text": example.text,
                "marked": [{"line": line, "code": marked} for line, marked in example.marked],
            }
            for example in (found.examples if found else ())
        ],
        "options": rule.options if rule and rule.is_found_by_lint else {},
        "source": found.source if found else None,
    }
