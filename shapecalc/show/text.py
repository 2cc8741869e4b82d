"""Text on a screen: how many columns it takes, what must not reach a terminal, and where a line may break."""

from __future__ import annotations

import unicodedata

#: Hangul vowels and finals join the syllable before them.
_JOINING = range(0x1160, 0x1200)


def visible(text: str, charset: str = "utf-8") -> str:
    r"""The text with escapes for control characters, invisible ones, and what the charset does not have.

    >>> print(visible("a\x1b[31mb\n"), visible("1→2 é", "latin-1"))
    a\x1b[31mb\n 1\u21922 é
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join([_visible(character, charset) for character in text])


def _visible(character: str, charset: str) -> str:
    if character.isprintable() and encodes(character, charset):
        return character
    return character.encode("unicode_escape").decode()


def encodes(text: str, charset: str) -> bool:
    """Whether the charset has all of the text."""
    try:
        text.encode(charset)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def cells(text: str) -> int:
    """How many columns of a terminal the text takes.

    >>> cells("kernel"), cells("層"), cells("e\u0301")
    (6, 2, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or ord(character) in _JOINING:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, broken at blanks; a longer word stays whole.

    >>> wrapped("padding=2 gives 128x6x470 here", 16)
    ['padding=2 gives', '128x6x470 here']
    """
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
