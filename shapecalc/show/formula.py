"""Sizes as formulas that a person can read, in the signs of mathematics where the screen has them."""

from __future__ import annotations

from ..layer import Shape
from ..size import Size
from .text import encodes

SIGNS = "≡≥≤⌊⌋·−×"
_PLAIN = str.maketrans({"≡": "==", "≥": ">=", "≤": "<=", "⌊": "(", "⌋": ")", "·": "*", "−": "-", "×": "x"})


def signed(text: str, charset: str) -> str:
    """The text, with ASCII in the place of mathematical signs that the charset does not have.

    >>> signed("H ≥ 5", "ascii")
    'H >= 5'
    """
    return text if encodes(SIGNS, charset) else text.translate(_PLAIN)


def spelt_size(size: Size, charset: str = "utf-8") -> str:
    """A size: 28, H, or a formula.

    >>> from shapecalc.size import symbol
    >>> size = 3 * ((symbol("H") - 1) // 2) - 4
    >>> spelt_size(size), spelt_size(size, "ascii")
    ('3·⌊(H+1)/2⌋ − 7', '3*((H+1)//2) - 7')
    """
    if isinstance(size, int):
        return str(size)
    return size.pretty() if encodes(SIGNS, charset) else _spaced(str(size))


def counted(number: Size, charset: str = "utf-8") -> str:
    """How many there are of something: 16,912, or a formula."""
    return f"{number:,}" if isinstance(number, int) else spelt_size(number, charset)


def _spaced(formula: str) -> str:
    """The formula with blanks round the signs between its terms, where a line may break."""
    depth, parts = 0, list[str]()
    for sign in formula:
        depth += (sign == "(") - (sign == ")")
        between = sign in "+-" and not depth and bool(parts) and (parts[-1].isalnum() or parts[-1] == ")")
        parts.append(f" {sign} " if between else sign)
    return "".join(parts)


def spelt(shape: Shape, charset: str = "utf-8") -> str:
    """A shape as it stands, without taking the first axis for a batch; formulas are set apart.

    >>> from shapecalc.size import symbol
    >>> spelt((16, 5, 237)), spelt((1, symbol("H"))), spelt((16, 3 * (symbol("H") // 3) + 1))
    ('16x5x237', '1xH', '16 × (3·⌊H/3⌋ + 1)')
    """
    texts = [spelt_size(size, charset) for size in shape]
    if all(text.isalnum() for text in texts):
        return "x".join(texts) or "scalar"
    return separator(shape, charset).join(texts_apart(texts))


def separator(shape: Shape, charset: str = "utf-8") -> str:
    """What stands between the sizes: `x`, and with formulas among them a sign with room around it."""
    if all(spelt_size(size, charset).isalnum() for size in shape):
        return "x"
    return " × " if encodes(SIGNS, charset) else " x "


def texts_apart(texts: list[str]) -> list[str]:
    """Each in brackets if it would not hold together among the others.

    >>> texts_apart(["16", "⌊H/2⌋", "4·⌊H/4⌋ + 1"])
    ['16', '⌊H/2⌋', '(4·⌊H/4⌋ + 1)']
    """
    return [f"({text})" if " " in text or "//" in text else text for text in texts]
