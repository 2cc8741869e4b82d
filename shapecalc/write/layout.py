"""Lines of Python as `ruff format` leaves them: 88 columns, calls broken at their last bracket."""

from __future__ import annotations

import textwrap

WIDTH = 88
_OPENING = {")": "(", "]": "["}


def lines_of(indent: int, code: str, comment: str = "", tail: str = "") -> list[str]:
    """A statement or an element as lines; its comment stands behind it, or above where that is too long.

    >>> print("\\n".join(lines_of(4, "x = torch.cat([x, skip], dim=1)", "32x5x237")))
        x = torch.cat([x, skip], dim=1)  # 32x5x237
    """
    blank = " " * indent
    line = f"{blank}{code}{tail}"
    behind = f"{line}  # {comment}" if comment else line
    if len(behind) <= WIDTH:
        return [behind]
    above = [f"{blank}# {comment}"] if comment else []
    return [*above, line] if len(line) <= WIDTH else [*above, *_broken(indent, code, tail)]


def _broken(indent: int, code: str, tail: str) -> list[str]:
    """A call over several lines: its arguments on one line, or one on each."""
    blank, inner = " " * indent, " " * (indent + 4)
    start = _last_bracket(code)
    if start is None and " = " in code:
        return _parenthesised(indent, *code.split(" = ", 1))
    if start is None or code.endswith("()"):
        return _terms(blank, code, tail)
    if start == 0 and len(split(code[1:-1])) == 1:  # a sum in parentheses, which a comma would make a tuple
        return [f"{blank}(", *_terms(inner, code[1:-1]), f"{blank}){tail}"]
    head, arguments, end = code[: start + 1], code[start + 1 : -1], code[-1]
    if len(blank + head) > WIDTH and code[start - 1] in _OPENING:
        return _broken_at_key(indent, code, start, tail)
    if len(inner + arguments) <= WIDTH:
        return [blank + head, inner + arguments, blank + end + tail]
    parts = [line for part in split(arguments) for line in lines_of(indent + 4, part, tail=",")]
    return [blank + head, *parts, blank + end + tail]


def _broken_at_key(indent: int, code: str, start: int, tail: str) -> list[str]:
    """The call of what a long key (`blocks["..."](x)`) or path stands for, that on a line of its own."""
    blank, opening = " " * indent, _last_bracket(code[:start]) or 0
    key, call = code[opening + 1 : start - 1], code[start - 1 :]
    lines = [blank + code[: opening + 1], f"{blank}    {key}"]
    return [
        *lines,
        *([blank + call + tail] if len(blank + call + tail) <= WIDTH else _broken(indent, call, tail)),
    ]


def _parenthesised(indent: int, target: str, terms: str) -> list[str]:
    """An assignment of a sum (or a product) in parentheses, an operator at the start of each line."""
    blank, inner = " " * indent, " " * (indent + 4)
    words = terms.split(" ")
    lines = [inner + terms]
    if len(lines[0]) > WIDTH:
        pairs = zip(words[1::2], words[2::2])
        lines = [inner + words[0], *(f"{inner}{operator} {term}" for operator, term in pairs)]
    return [f"{blank}{target} = (", *lines, f"{blank})"]


def _terms(blank: str, code: str, tail: str = "") -> list[str]:
    """A sum on one line, or with a term on each."""
    if len(blank + code + tail) <= WIDTH or "(" in code:
        return [blank + code + tail]
    return f"{blank}{code}{tail}".replace(" + ", f"\n{blank}+ ").split("\n")


def _last_bracket(code: str) -> int | None:
    """Where the bracket opens that the code's last character closes."""
    depth = 0
    for position in range(len(code) - 1, -1, -1):
        depth += (code[position] in ")]") - (code[position] in "([")
        if depth == 0:
            return position if code[position] == _OPENING.get(code[-1]) else None
    return None


def split(arguments: str) -> list[str]:
    """The arguments of a call, apart.

    >>> split("1, 8, kernel_size=(3, 5)")
    ['1', '8', 'kernel_size=(3, 5)']
    """
    parts, depth, start = [], 0, 0
    for position, character in enumerate(arguments):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(arguments[start:position].strip())
            start = position + 1
    rest = arguments[start:].strip()
    return [*parts, rest] if rest else parts


def paragraph(indent: int, text: str) -> list[str]:
    """Text in lines of at most `WIDTH` columns."""
    blank = " " * indent
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=blank,
        subsequent_indent=blank,
        break_long_words=False,
        break_on_hyphens=False,
    )
