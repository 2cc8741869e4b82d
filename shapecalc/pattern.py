"""Shape patterns: `b 1 h w -> b 1 h//2 w//2`, the words of jaxtyping with the arrow of einops.

Words are separated by spaces, tensors by commas. A word is an integer, a name, an expression of names
(`h//2`, `2*c`), `_` for any one axis, `...` or `*name` for any number of axes. A name stands for one size
wherever it stands, `...` for the same axes on both sides (as in einops). Shapes here carry their batch.

Sources: https://docs.kidger.site/jaxtyping/api/array/ (words); Rogozhnikov 2022, "Einops" (arrow, ellipsis).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from .shapes import N, Shape
from .size import Condition, Size, same, symbol

ANY, REST = "_", "..."
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%"}

Tensor = tuple[str, ...]


class PatternError(ValueError):
    """A pattern that cannot be understood."""


class Mismatch(NamedTuple):
    """The first axis that is not what the pattern says; `axis` None: the number of axes."""

    side: str
    axis: int | None
    message: str


class Pattern(NamedTuple):
    """What goes in and what comes out, as words; `inputs` is empty where the pattern has no arrow."""

    text: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class Bound(NamedTuple):
    """What the names of a pattern stand for."""

    sizes: dict[str, Size]
    rests: dict[str, Shape]


def parse(text: str) -> Pattern:
    """The pattern that a text spells. Raises `PatternError`.

    >>> parse("b 1 h w -> b 1 h//2 w//2").outputs
    (('b', '1', 'h//2', 'w//2'),)
    """
    left, arrow, right = text.partition("->")
    if "->" in right:
        raise PatternError(f"`{text}` has more than one arrow")
    if not arrow:
        return Pattern(text, (), _tensors(left, text))
    return Pattern(text, _tensors(left, text), _tensors(right, text))


def _tensors(text: str, whole: str) -> tuple[Tensor, ...]:
    tensors = tuple(tuple(part.split()) for part in text.split(","))
    for words in tensors:
        if sum(_is_rest(word) for word in words) > 1:
            raise PatternError(f"`{' '.join(words)}` has more than one `...`")
        for word in words:
            if not _is_rest(word) and word != ANY:
                _tree(word, whole)
    return tensors


def _is_rest(word: str) -> bool:
    return word == REST or (word[:1] == "*" and word[1:].isidentifier())


def _tree(word: str, whole: str) -> ast.expr:
    """The word as an expression of integers, names and `+ - * // %`."""
    try:
        tree = ast.parse(word, mode="eval").body
    except (SyntaxError, ValueError):
        raise PatternError(f"`{word}` in `{whole}` is no size") from None
    for node in ast.walk(tree):
        known = isinstance(node, ast.Name | ast.BinOp | ast.operator | ast.expr_context) or (
            isinstance(node, ast.Constant) and type(node.value) is int
        )
        if not known or (isinstance(node, ast.BinOp) and type(node.op) not in _OPERATORS):
            raise PatternError(f"`{word}` in `{whole}` is no size: integers, names and + - * // % make one")
    return tree


def matched(pattern: Pattern, ins: Sequence[Shape], outs: Sequence[Shape]) -> Mismatch | list[Condition]:
    """The first mismatch, or the conditions on symbols under which there is none.

    Raises `PatternError` where an expression has a name that nothing before it gives a size.

    >>> matched(parse("b c h -> b c h//2"), [(2, 3, 8)], [(2, 3, 5)])
    Mismatch(side='output', axis=2, message='axis 2 of the output is 5, but `h//2` is 4')
    """
    bound, conditions = Bound({}, {}), list[Condition]()
    sides = [("input", pattern.inputs, ins)] if pattern.inputs else []
    for side, tensors, shapes in [*sides, ("output", pattern.outputs, outs)]:
        if len(tensors) != len(shapes):
            return Mismatch(
                side, None, f"the pattern has {_count(len(tensors), side)}, and there are {len(shapes)}"
            )
        for number, (words, shape) in enumerate(zip(tensors, shapes), 1):
            name = side if len(shapes) == 1 else f"{side} {number}"
            found = _one(words, shape, bound, name, pattern.text)
            if isinstance(found, Mismatch):
                return found
            conditions += found
    return conditions


def _one(words: Tensor, shape: Shape, bound: Bound, name: str, whole: str) -> Mismatch | list[Condition]:
    """One tensor against its words; plain names first, so that expressions may stand before them."""
    at = next((place for place, word in enumerate(words) if _is_rest(word)), None)
    extra = len(shape) - len(words) + (at is not None)
    if extra < 0 or (at is None and extra):
        least = "at least " * (at is not None)
        axes = f"{least}{_count(len(words) - (at is not None), 'axis')}"
        return Mismatch(
            name, None, f"the {name} {_spelt(shape)} has {_count(len(shape), 'axis')}, the pattern {axes}"
        )
    places = list(range(len(words)))
    if at is not None:
        places = [place if place <= at else place + extra - 1 for place in places]
        rest = shape[at : at + extra]
        known = bound.rests.setdefault(words[at], rest)
        if known != rest:
            text = f"`{words[at]}` is {_spelt(rest)} in the {name}, and {_spelt(known)} before it"
            return Mismatch(name, at, text)
    conditions: list[Condition] = []
    for word, axis in sorted(zip(words, places), key=lambda pair: not pair[0].isidentifier()):
        if word == ANY or _is_rest(word):
            continue
        if word.isidentifier():
            bound.sizes.setdefault(word, shape[axis])
        wanted = _value(_tree(word, whole), bound.sizes, whole)
        verdict = same(shape[axis], wanted)
        if verdict is False:
            said = "" if str(wanted) == word else f"`{word}` is "
            return Mismatch(
                name, axis, f"axis {axis} of the {name} is {shape[axis]}, but {said}{wanted}{_wanted(said)}"
            )
        conditions += [] if verdict is True else [verdict]
    return conditions


def _wanted(said: str) -> str:
    return "" if said else " is wanted"


def _value(tree: ast.expr, sizes: dict[str, Size], whole: str) -> Size:
    if isinstance(tree, ast.Constant):
        assert isinstance(tree.value, int)
        return tree.value
    if isinstance(tree, ast.Name):
        if tree.id not in sizes:
            raise PatternError(f"nothing gives `{tree.id}` a size in `{whole}`")
        return sizes[tree.id]
    assert isinstance(tree, ast.BinOp)
    left, right = _value(tree.left, sizes, whole), _value(tree.right, sizes, whole)
    if isinstance(tree.op, ast.Add):
        return left + right
    if isinstance(tree.op, ast.Sub):
        return left - right
    if isinstance(tree.op, ast.Mult):
        return left * right
    if not isinstance(right, int) or right < 1:
        raise PatternError(
            f"`{ast.unparse(tree)}` in `{whole}` divides by {right}: a divisor is a positive integer"
        )
    return left // right if isinstance(tree.op, ast.FloorDiv) else left % right


def symbolic(pattern: Pattern) -> tuple[Shape, ...]:
    """The shapes that the left side describes: integers, and a symbol for each name; the first name is the batch.

    Raises `PatternError` for a side that says too little.

    >>> symbolic(parse("b 1 10 w -> b 1 10 w"))
    ((N, 1, 10, w),)
    """
    shapes = []
    for words in pattern.inputs:
        sizes: list[Size] = []
        for axis, word in enumerate(words):
            if word.isdigit():
                sizes.append(int(word))
            elif word.isidentifier() and word != ANY:
                sizes.append(N if axis == 0 else symbol(word))
            else:
                text = f"`{word}` leaves the input open: the left side of `{pattern.text}` takes integers and names"
                raise PatternError(text)
        shapes.append(tuple(sizes))
    return tuple(shapes)


def expected(words: Tensor, ins: Sequence[Shape], pattern: Pattern) -> Shape | None:
    """The output that the pattern asks for, given the inputs; None where `_` or `...` leave it open."""
    bound = Bound({}, {})
    for tensor, shape in zip(pattern.inputs, ins):
        _one(tensor, shape, bound, "input", pattern.text)
    if any(word == ANY or (_is_rest(word) and word not in bound.rests) for word in words):
        return None
    sizes: list[Size] = []
    for word in words:
        if _is_rest(word):
            sizes += bound.rests[word]
        else:
            sizes.append(_value(_tree(word, pattern.text), bound.sizes, pattern.text))
    return tuple(sizes)


def _spelt(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "()"


def _count(number: int, what: str) -> str:
    plural = {"axis": "axes", "input": "inputs", "output": "outputs"}
    return f"{number} {what if number == 1 else plural[what]}"
