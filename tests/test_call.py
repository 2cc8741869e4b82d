"""Layer text: what it means, where each piece stands, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.problem import DUPLICATE_KEY, LIMIT, SYNTAX, UNKNOWN_NAME, WRONG_TYPE, Code, Place, SpecError
from shapecalc.read.call import MAX_NESTING, MAX_OPERATORS, parse_call, parse_value
from shapecalc.read.value import (
    Binary,
    Call,
    Infer,
    Items,
    Literal,
    Name,
    Negate,
    Value,
    evaluate,
    one_line,
)

INFER = object()
NAMES: dict[str, object] = {
    "width": 8,
    "height": 3,
    "rate": 0.5,
    "sizes": (1, 2),
    "flag": True,
    "big": 10**400,
}


def call(text: str) -> Call:
    return parse_call(text, 0, len(text), one_line)


def value(text: str) -> Value:
    return parse_value(text, 0, len(text), one_line)


def result(text: str) -> object:
    return evaluate(value(text), NAMES, one_line, INFER)


def refused(text: str, reader: object = call) -> tuple[Code, str, str | None, str | None]:
    """Code, message, the text at the error's place, help."""
    assert callable(reader)
    with pytest.raises(SpecError) as caught:
        reader(text)
    problem = caught.value.problem
    place = problem.place
    assert place is not None
    assert place.line == place.end_line == 1
    return problem.code, problem.message, text[place.column - 1 : place.end_column - 1], problem.help


def test_every_piece_keeps_its_span() -> None:
    text = "  - torch.nn.Conv2d( 1, (2*width), stride = (2, -1), bias=False,)  # wide"
    found = parse_call(text, 4, 65, one_line)
    assert found.kind == "Conv2d"
    assert text[slice(*found.kind_span)] == "Conv2d"
    assert text[slice(*found.span)] == "torch.nn.Conv2d( 1, (2*width), stride = (2, -1), bias=False,)"
    assert [arg.name for arg in found.args] == [None, None, "stride", "bias"]
    spans = [(text[slice(*arg.span)], text[slice(*arg.value_span)]) for arg in found.args]
    assert spans == [
        ("1", "1"),
        ("(2*width)", "(2*width)"),
        ("stride = (2, -1)", "(2, -1)"),
        ("bias=False", "False"),
    ]
    product, stride = found.args[1].value, found.args[2].value
    assert isinstance(product, Binary)
    assert isinstance(stride, Items)
    assert text[slice(*product.span)] == "2*width"
    assert [text[slice(*item.span)] for item in stride.items] == ["2", "-1"]


@pytest.mark.parametrize(
    "text", ["ReLU", "ReLU()", " ReLU ( ) ", "nn.ReLU", "torch.nn.ReLU()", "ReLU(\n)\r\n"]
)
def test_spellings_of_a_kind(text: str) -> None:
    found = call(text)
    assert (found.kind, found.args) == ("ReLU", ())
    assert text[slice(*found.span)] == text.strip()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("3", 3),
        ("0", 0),
        ("1_000", 1000),
        ("999_999_999_999", 999_999_999_999),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e-05", 1e-05),
        ("1E3", 1000.0),
        ("-2", -2),
        ("--2", 2),
        ("True", True),
        ("None", None),
        ("'same'", "same"),
        ('"a\'b"', "a'b"),
        (r"'a\'\\\n'", "a'\\\n"),
        ("''", ""),
        ("_", INFER),
        ("()", ()),
        ("[]", ()),
        ("(3)", 3),
        ("(3,)", (3,)),
        ("[3]", (3,)),
        ("(1, [2, (3,)], _)", (1, (2, (3,)), INFER)),
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("10-3-2", 5),
        ("100//7//2", 7),
        ("-7//2", -4),
        ("2*-3", -6),
        ("2*width - height//2", 15),
        ("rate*2", 1.0),
        ("sizes", (1, 2)),
        ("flag", True),
        ("((((width))))", 8),
    ],
)
def test_meaning(text: str, meaning: object) -> None:
    found = result(text)
    assert found == meaning
    assert type(found) is type(meaning)


def test_values_say_what_they_hold() -> None:
    assert repr(value("-_")) == "Negate(Infer((1, 2)), (0, 2))"
    assert [type(value(text)) for text in ("1", "a", "_", "()", "-a", "a+1")] == [
        Literal,
        Name,
        Infer,
        Items,
        Negate,
        Binary,
    ]


@pytest.mark.parametrize(
    ("text", "message", "where", "help"),
    [
        ("", "expected a layer such as `ReLU()`, but the text ends", "", None),
        ("3", "expected a layer such as `ReLU()`, but found `3`", "3", None),
        ("nn.", "expected a layer such as `ReLU()`, but the text ends", "", None),
        ("foo.Conv2d(1)", "`foo.` before a layer is not understood", "foo.", "write `Conv2d`"),
        ("Conv2d(1, (2, 3", "expected `)` to close `(` opened at column 11, but the text ends", "", None),
        ("Conv2d(1, [2, 3)", "expected `]` to close `[` opened at column 11, but found `)`", ")", None),
        ("Conv2d(1 2)", "expected `,` or `)`, but found `2`", "2", None),
        ("Conv2d(1,,2)", "expected a value, but found `,`", ",", None),
        ("Conv2d(stride=)", "expected a value, but found `)`", ")", None),
        ("Conv2d(1=2)", "expected `,` or `)`, but found `=`", "=", None),
        ("Conv2d(1, (stride=2))", "`stride=` cannot stand inside a value", "stride", None),
        (
            "Conv2d(1) ReLU()",
            "expected the end of the layer, but found `ReLU`",
            "ReLU",
            "write each layer as its own list item, `- ` at the same column",
        ),
        ("Conv2d(8/2)", "`/` is not allowed here", "/", "write `//`, which divides whole numbers"),
        ("Conv2d(8**2)", "`**` is not allowed here", "**", "write the product out, as in `width*width`"),
        ("Conv2d(f(2).y)", "a call is not allowed here", "(", None),
        ("Conv2d((x).y)", "attribute access is not allowed here", ".", None),
        ("Conv2d(x.)", "attribute access is not allowed here", ".", None),
        ("Conv2d(x.0y)", "expected `,` or `)`, but found `.0y`", ".0y", None),
        ("Conv2d(f(2))", "a call is not allowed here", "(", None),
        ("Conv2d(x[0])", "an index is not allowed here", "[", None),
        ("Conv2d({1: 2})", "a dict or set is not allowed here", "{", None),
        ("Conv2d(a==b)", "comparison `==` is not allowed here", "==", None),
        ("Conv2d(a%b)", "`%` is not allowed here", "%", None),
        ("Conv2d([i for i in x])", "`for` is not allowed here", "for", None),
        ("Conv2d(lambda: 1)", "`lambda` is not allowed here", "lambda", None),
        ("Conv2d(*a)", "`*` cannot unpack arguments here", "*", None),
        ("__import__('os').system('x')", "attribute access is not allowed here", ".", None),
        ("Conv2d(010)", "`010` begins with a zero", "010", "write `10`"),
        ("Conv2d(0x10)", "`0x10` is not a number", "0x10", None),
        ("Conv2d(1.2.3)", "`1.2.3` is not a number", "1.2.3", None),
        ("Conv2d('abc)", "this quote is never closed", "'", "end the text with `'`"),
        (r"Conv2d('a\qb')", r"unknown escape `\q`", r"\q", "write `\\\\` for a backslash"),
        (
            "Conv2d(s=1, 2)",
            "a positional argument cannot follow a named one",
            "2",
            "put it first, or name it",
        ),
        ("Conv2d(k: 3)", "`:` is not allowed in a layer's text", ":", "write an argument as `name=value`"),
        ("a:ReLU()", "`:` is not allowed in a layer's text", ":", "put a blank after it: `a: ...`"),
        ("Conv2d(`x`)", "expected a value, but found '`'", "`", None),
    ],
)
def test_refused_text(text: str, message: str, where: str, help: str | None) -> None:
    assert refused(text) == (SYNTAX, message, where, help)


def test_argument_given_twice() -> None:
    assert refused("Conv2d(s=1, s=2)") == (DUPLICATE_KEY, "argument `s` is given twice", "s", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Conv2d(1000000000000)", "`1000000000000` has more than 12 digits"),
        ("Conv2d(1e999)", "`1e999` is too large"),
        ("Conv2d(" + "(" * 30_000, f"more than {MAX_NESTING} levels of nesting"),
        ("Conv2d(" + "-" * 30_000, f"more than {MAX_NESTING} levels of nesting"),
        ("Conv2d(1" + "+1" * 30_000, f"more than {MAX_OPERATORS} operators"),
    ],
)
def test_limits(text: str, message: str) -> None:
    assert refused(text)[:2] == (LIMIT, message)


@pytest.mark.parametrize(
    ("text", "code", "message", "where", "help"),
    [
        ("2*widht", UNKNOWN_NAME, "`widht` is not a known name", "widht", "did you mean `width`?"),
        (
            "same",
            UNKNOWN_NAME,
            "`same` is not a known name",
            "same",
            "quote a text, `'same'`, or give the name a value under `vars:`",
        ),
        ("1+8//(height-3)", WRONG_TYPE, "division by zero", "8//(height-3)", None),
        ("2*'a'", WRONG_TYPE, "`*` needs numbers, but this is `'a'`", "'a'", None),
        ("flag+1", WRONG_TYPE, "`+` needs numbers, but this is `True`", "flag", None),
        ("-sizes", WRONG_TYPE, "`-` needs numbers, but this is `(1, 2)`", "sizes", None),
        ("2*_", WRONG_TYPE, "`_` cannot take part in `*`: it stands for one whole argument", "_", None),
        ("999999999999+1", LIMIT, "the result of `+` is too large", "999999999999+1", None),
        ("1e308*10", LIMIT, "the result of `*` is too large", "1e308*10", None),
        ("big*rate", LIMIT, "the result of `*` is too large", "big*rate", None),
    ],
)
def test_refused_value(text: str, code: Code, message: str, where: str, help: str | None) -> None:
    assert refused(text, result) == (code, message, where, help)


def test_a_refusal_points_into_the_whole_source() -> None:
    text = "a: 1\n- Conv2d(1,\n    8 / 2)"

    def place(start: int, end: int) -> Place:
        line, last = text.count("\n", 0, start) + 1, text.rfind("\n", 0, start)
        return Place(line, start - last, line, end - last)

    with pytest.raises(SpecError) as caught:
        parse_call(text, 7, len(text), place)
    assert caught.value.problem.place == Place(3, 7, 3, 8)
    with pytest.raises(SpecError, match=r"`\(` opened at line 2, column 9"):
        parse_call(text, 7, text.index("/"), place)


WORDS = ["Conv2d", "nn.", "width", "_", "1", "010", "1.5", "1e9", "'a'", "True", "None", "for"]
SIGNS = ["//", *"()[],=+-*/:.{ \n'\"\\`é٣\0🙂"]
PIECES = st.sampled_from([*WORDS, *SIGNS])


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_read_or_refused_within_its_bounds(text: str) -> None:
    for reader in (call, result):
        try:
            reader(text)
        except SpecError as error:
            place = error.problem.place
            assert place is not None
            assert 1 <= place.column <= place.end_column <= len(text) + 1


NUMBERS = st.integers(0, 99).map(str)
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        inner.map("(-{})".format),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from([" + ", "-", "*", "//"]), inner).map("".join),
    ),
    max_leaves=8,
)


@given(SUMS)
def test_arithmetic_agrees_with_python(text: str) -> None:
    try:
        expected = eval(text)
    except ZeroDivisionError:
        with pytest.raises(SpecError, match="division by zero"):
            result(text)
        return
    if math.fabs(expected) < 10**12:
        try:
            assert result(text) == expected
        except SpecError as error:
            assert error.problem.code == LIMIT
