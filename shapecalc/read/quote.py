"""Pieces of the user's text in messages: short, and between backticks."""

from __future__ import annotations


def short(text: str) -> str:
    """The text, or its beginning.

    >>> short("Conv2d(1, 16, kernel_size=(3, 3), padding='same')")
    'Conv2d(1, 16, kernel_size=(3, 3), pad...'
    """
    return text if len(text) <= 40 else text[:37] + "..."


def code(text: str) -> str:
    """Text between backticks, also when it is itself a backtick or a blank.

    >>> code("width"), code("`")
    ('`width`', "'`'")
    """
    return repr(text) if "`" in text or not text.isprintable() else f"`{short(text)}`"
