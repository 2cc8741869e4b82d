"""Spec text as a tree: what it holds, where it stands, and what is refused."""

from __future__ import annotations

import json
import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.problem import (
    DUPLICATE_KEY,
    EMPTY_FILE,
    ENCODING,
    LIMIT,
    SYNTAX,
    UNKNOWN_NAME,
    Code,
    SpecError,
)
from shapecalc.read.call import parse_call
from shapecalc.read.tree import MAX_BYTES, MAX_DEPTH, Mapping, Node, Scalar, Sequence, decode, parse, resolve

SPEC = """\
name: MelCAE   # a comment
vars: {width: 16}
encoder:
  - Conv2d(1, width, 3,
      padding=1)
  - down: &down Conv2d(width, 2*width, 3)

  # the end
decoder:
- 'ReLU()'
- "Upsample(\\"2\\")"
- *down
- Conv2d: [1, 8]
- >
  ReLU()
"""


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Mapping)
    return {key.text: plain(value) for key, value in node.pairs}


def dig(node: Node, *path: str | int) -> Node:
    for step in path:
        if isinstance(node, Mapping):
            node = next(value for key, value in node.pairs if key.text == step)
        else:
            assert isinstance(node, Sequence)
            assert isinstance(step, int)
            node = node.items[step]
    return node


def refused(text: str) -> tuple[Code, tuple[int, ...], str, str | None, str | None]:
    with pytest.raises(SpecError) as caught:
        parse(text)
    problem = caught.value.problem
    assert problem.place is not None
    return problem.code, tuple(problem.place), problem.message, problem.note, problem.help


def test_what_it_holds() -> None:
    assert plain(parse(SPEC).root) == {
        "name": "MelCAE",
        "vars": {"width": "16"},
        "encoder": ["Conv2d(1, width, 3, padding=1)", {"down": "Conv2d(width, 2*width, 3)"}],
        "decoder": [
            "ReLU()",
            'Upsample("2")',
            "Conv2d(width, 2*width, 3)",
            {"Conv2d": ["1", "8"]},
            "ReLU()\n",
        ],
    }


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1, 15, 9)),
        (("name",), (1, 7, 1, 13)),
        (("vars",), (2, 7, 2, 18)),
        (("vars", "width"), (2, 15, 2, 17)),
        (("encoder",), (4, 3, 6, 42)),
        (("encoder", 0), (4, 5, 5, 17)),
        (("encoder", 1), (6, 5, 6, 42)),
        (("encoder", 1, "down"), (6, 17, 6, 42)),
        (("decoder",), (10, 1, 15, 9)),
        (("decoder", 0), (10, 3, 10, 11)),
        (("decoder", 1), (11, 3, 11, 20)),
        (("decoder", 2), (6, 17, 6, 42)),
        (("decoder", 3, "Conv2d"), (13, 11, 13, 17)),
        (("decoder", 4), (14, 3, 15, 9)),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_places(path: tuple[str | int, ...], place: tuple[int, ...], newline: str, mark: str) -> None:
    tree = parse(mark + SPEC.replace("\n", newline))
    assert dig(tree.root, *path).place == place
    assert tree.source == SPEC.replace("\n", newline)


def test_columns_count_characters() -> None:
    root = parse("größe: [é, 😀😀, x]  # ü\n").root
    assert [item.place[1::2] for item in dig(root, "größe").items] == [(9, 10), (12, 14), (16, 17)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "offset", "verbatim"),
    [
        ("- ReLU(1)", 2, "ReLU(1)"),
        ("- &a  # anchored\n  ReLU(1) ", 19, "ReLU(1)"),
        ("- 'ReLU(1)'", 3, "ReLU(1)"),
        ('- "ReLU(1)"', 3, "ReLU(1)"),
        ("- ReLU(\n   1)", 2, "ReLU(\n   1)"),
        ("- 'ReLU(\n   1)'", 3, "ReLU(\n   1)"),
        ("- 'Pad(''a'')'", None, None),
        (r'- "ReLU(\x31)"', None, None),
        ("- |\n  ReLU(1)", None, None),
    ],
)
def test_offsets_of_what_stands_as_it_is(text: str, offset: int | None, verbatim: str | None) -> None:
    tree = parse(text)
    item = dig(tree.root, 0)
    assert isinstance(item, Scalar)
    assert item.offset == offset
    if offset is not None:
        assert text[offset : item.stop] == verbatim
    found = parse_call(*item.inside())
    place = item.inside()[3](*found.args[0].span)
    if offset is None:
        assert place == item.place
    else:
        at = text.index("1)")
        assert place == tree.place(at, at + (3 if "a" in item.text else 1))


def test_place_of_one_argument() -> None:
    item = dig(parse(SPEC).root, "encoder", 0)
    assert isinstance(item, Scalar)
    source, start, end, place = item.inside()
    padding = parse_call(source, start, end, place).args[-1]
    assert place(*padding.span) == (5, 7, 5, 16)
    assert place(*padding.value_span) == (5, 15, 5, 16)


@pytest.mark.parametrize("loader", ["C", "pure"])
def test_json(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if loader == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader")
    data = {"name": "a/b é", "layers": ["Conv2d(1, 8, 3)", {"ReLU": {}}, []], "on": None}
    for text in (json.dumps(data), json.dumps(data, indent="\t").replace("/", r"\/")):
        assert plain(parse(text).root) == data | {"on": "null"}
    root = parse('{\n\t"a":\t[1,\n\t\t"\\u00e9"]\n}').root
    assert [item.place for item in dig(root, "a").items] == [(2, 8, 2, 9), (3, 3, 3, 11)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [(word, word) for word in ("on", "yes", "off", "y", "1:30", "0b1", "1_000", "nan", "'8'", "2001-01-01")]
    + [(word, None) for word in ("~", "null", "NULL")]
    + [("true", True), ("FALSE", False), ("010", 10), ("-3", -3), ("0o17", 15), ("0x1F", 31), ("1e3", 1000.0)]
    + [("1.", 1.0), (".5", 0.5), (".inf", math.inf), ("-.Inf", -math.inf), ("000000000000001", 1)],
)
def test_words_mean_what_yaml_1_2_says(text: str, meaning: object) -> None:
    scalar = parse(f"[{text}]").root.items[0]  # type: ignore[attr-defined]
    found = resolve(scalar)
    assert found == (text.strip("'") if isinstance(meaning, str) else meaning)
    assert type(found) is type(meaning)


def test_nothing_and_nan() -> None:
    nothing, nan = (value for _, value in parse("a:\nb: .nan").root.pairs)  # type: ignore[attr-defined]
    assert resolve(nothing) is None
    assert nothing.place == (1, 3, 1, 3)
    assert repr(resolve(nan)) == "nan"
    with pytest.raises(SpecError, match="has more than 12 digits"):
        resolve(parse("- " + "9" * 10_000).root.items[0])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "place", "message", "help"),
    [
        ("a:\n\tb: 1", (2, 1, 2, 2), "a tab cannot indent a line", "use blanks"),
        ("a: 1\n\tb: 1", (2, 1, 2, 2), "a tab cannot indent a line", "use blanks"),
        ("- [1, 2", (1, 3, 1, 4), "`[` is never closed", "add `]`"),
        ("- {a: 1\n", (1, 3, 1, 4), "`{` is never closed", "add `}`"),
        ("a: 'x\n", (1, 4, 1, 5), "this quote is never closed", "add `'`"),
        (
            "a: [b\nc: d",
            (2, 2, 2, 3),
            "expected `,` or `]` to go on with the `[` opened on line 1",
            None,
        ),
        ("a: [1,,2]", (1, 7, 1, 8), "unexpected `,`", None),
        ("[a]]", (1, 4, 1, 5), "unexpected `]`", None),
        ("a: @x", (1, 4, 1, 5), "a text cannot begin with `@`", "put the text in quotes"),
        ("a: `x`", (1, 4, 1, 5), "a text cannot begin with '`'", "put the text in quotes"),
        (
            r'a: "\q"',
            (1, 5, 1, 7),
            r"unknown escape `\q`",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        ("a: 1\nb:2\nc: 3", (2, 1, 2, 4), "no blank after `:`", "put a blank after it: `b: ...`"),
        (
            "a: 1\nb\nc: 2",
            (2, 1, 2, 2),
            "expected `:` after `b`",
            "write `name: value`, or indent the line",
        ),
        (
            "a: b: c",
            (1, 5, 1, 6),
            "a second `:` on one line",
            "put the value in quotes, or the inner key on a line of its own",
        ),
        (
            "a: 1\n b: 2",
            (2, 3, 2, 4),
            "this key is indented wrongly, or may not stand here",
            "indent it like the keys that it belongs to",
        ),
        (
            "a:\n  - b\n c: 1",
            (3, 2, 3, 3),
            "this line does not fit into the mapping that begins on line 1",
            "line it up with the other keys",
        ),
        (
            "- a\nb: 1",
            (2, 1, 2, 2),
            "this line does not fit into the list that begins on line 1",
            "begin it with `- `, or line it up with the item above",
        ),
        ("a: - b", (1, 4, 1, 5), "a list cannot begin here", "begin it on a line of its own"),
        ("a: 'b' c", (1, 8, 1, 9), "unexpected `c` after a complete value", None),
        (
            "- Conv2d(1, # one\n    3)",
            (1, 12, 1, 13),
            "the layer's text `Conv2d(1,` is cut off here",
            "indent its further lines more than its first, and keep comments out of it",
        ),
        (
            "layers: [Conv2d(1, 8, 3), ReLU()]",
            (1, 10, 1, 25),
            "a layer's text with commas must be quoted inside `[ ]` and `{ }`",
            'write "Conv2d(1, 8, 3)"',
        ),
        (
            '- {mode: Pad(1, "a")}',
            (1, 10, 1, 21),
            "a layer's text with commas must be quoted inside `[ ]` and `{ }`",
            "write 'Pad(1, \"a\")'",
        ),
        (
            "[Conv2d(1, 8]",
            (1, 2, 1, 10),
            "`Conv2d(1` has unbalanced parentheses",
            "quote a layer's text inside `[ ]` and `{ }`",
        ),
        (
            "- Conv2d(1, kernel_size: 3)",
            (1, 24, 1, 25),
            "`:` is not allowed in a layer's text",
            "write an argument as `name=value`",
        ),
        ("? [a]\n: b", (1, 3, 1, 4), "a key must be a plain word", "write `name: value`"),
        (
            "a: 1\n{: b}",
            (2, 1, 2, 6),
            "expected `:` after `{: b}`",
            "write `name: value`, or indent the line",
        ),
        ("a: !!python/object:x y", (1, 4, 1, 21), "tags (`!...`) are not supported", "leave the tag out"),
        ("- &a !t [1]", (1, 6, 1, 8), "tags (`!...`) are not supported", "leave the tag out"),
        ("a: &a {x: 1}\n<<: *a", (2, 1, 2, 3), "merge keys (`<<`) are not supported", "write the keys out"),
        ("a: &a [*a]", (1, 8, 1, 10), "alias `*a` stands inside the node that it repeats", None),
        ("--- a\n--- b", (2, 1, 2, 4), "a second document begins here", "keep one network in a file"),
        ("a: *", (1, 4, 1, 5), "broken name of an alias", "put the text in quotes"),
        ("%YAML 3.0\n---\na", (1, 1, 1, 2), "this `%` directive is not supported", "leave the line out"),
        ("a: >x\n b", (1, 5, 1, 6), "broken block text (`|` or `>`)", "use quotes instead"),
        (r'a: "\e[31m"', (1, 4, 1, 12), "an escape stands for the control character U+001B", None),
    ],
)
@pytest.mark.parametrize("loader", ["C", "pure"])
def test_refused_syntax(
    text: str,
    place: tuple[int, ...],
    message: str,
    help: str | None,
    loader: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if loader == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader")
    found = refused(text)
    assert found == (SYNTAX, place, message, None, help)


def test_half_characters_in_json() -> None:
    found = refused(json.dumps({"name": "🙂"}))
    assert found[:3] == (SYNTAX, (1, 11, 1, 17), r"`\ud83d` is half a character")


@pytest.mark.parametrize("text", ["", " \n\n", "# only\n", "---\n", "\ufeff"])
def test_empty(text: str) -> None:
    assert refused(text)[:3] == (EMPTY_FILE, (1, 1, 1, 1), "there is nothing in this file")


@pytest.mark.parametrize(
    ("text", "place"), [("a: 1\nb: 2\n'a': 3", (3, 1, 3, 4)), ('{"a": 1,\n "a": 2}', (2, 2, 2, 5))]
)
def test_duplicate_keys(text: str, place: tuple[int, ...]) -> None:
    found = refused(text)
    assert found == (DUPLICATE_KEY, place, "key `a` stands twice", "first on line 1", "remove one of them")


def test_unknown_alias() -> None:
    found = refused("a: *width")
    assert found[:3] == (UNKNOWN_NAME, (1, 4, 1, 10), "alias `*width` has no anchor `&width` before it")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: \0b", (1, 4, 1, 5), "control character U+0000 in the text"),
        ("a\r\n\x1b[31m", (2, 1, 2, 2), "control character U+001B in the text"),
        ("a: \ud800", (1, 4, 1, 5), "control character U+D800 in the text"),
    ],
)
def test_control_characters(text: str, place: tuple[int, ...], message: str) -> None:
    assert refused(text)[:3] == (ENCODING, place, message)


@pytest.mark.parametrize(
    ("data", "code", "place", "message"),
    [
        (b"a: \xe9\n", ENCODING, (1, 4, 1, 4), "the file is not UTF-8: byte 3 on line 1 is 0xe9"),
        (b"a\r\nb: \xff", ENCODING, (2, 4, 2, 4), "the file is not UTF-8: byte 6 on line 2 is 0xff"),
        (b"\xef\xbb\xbfa: \xe9", ENCODING, (1, 4, 1, 4), "the file is not UTF-8: byte 6 on line 1 is 0xe9"),
        (b"\xff\xfea\0b", ENCODING, (1, 2, 1, 2), "the file is not UTF-16: byte 4 on line 1 is 0x62"),
        (b"PK\x03\x04\0", ENCODING, (1, 5, 1, 5), "this is binary data, not text: byte 4 is zero"),
        (b"x" * (MAX_BYTES + 1), LIMIT, (1, 1, 1, 1), "the file is larger than 16 MiB"),
    ],
)
def test_refused_bytes(data: bytes, code: Code, place: tuple[int, ...], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        decode(data)
    problem = caught.value.problem
    assert (problem.code, problem.place, problem.message) == (code, place, message)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings(codec: str) -> None:
    assert decode("größe: 😀".encode(codec)) == "größe: 😀"


DEEP = f"nested more than {MAX_DEPTH} levels deep"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("[" * 30_000, 65, DEEP),
        ("[" * 1_000_000, 65, DEEP),
        ("{a: " * 30_000, 257, DEEP),
        ("- " * 30_000, 129, DEEP),
        ("[{a: " * 30_000, 161, DEEP),
        ("- - [" * 30_000, 6, "unexpected `-`"),
        ("? " * 30_000, 3, "a key must be a plain word"),
    ],
)
def test_nesting(text: str, column: int, message: str) -> None:
    found = refused(text)
    assert (found[1][1], found[2]) == (column, message)


def test_nesting_of_block_mappings_and_the_deepest_allowed() -> None:
    deep = "\n".join(" " * level + "a:" for level in range(1000))
    assert refused(deep)[:3] == (LIMIT, (65, 65, 65, 66), DEEP)
    parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    parse("\n".join(" " * level + "a:" for level in range(MAX_DEPTH)))


def test_alias_bombs() -> None:
    wide = "a0: &a0 [x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
    )
    assert refused(wide)[0::2] == (LIMIT, "more than 2000000 nodes, aliases expanded", None)
    deep = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
    assert refused(deep)[0:3:2] == (LIMIT, f"{DEEP}, aliases expanded")


def test_a_huge_scalar_is_fine() -> None:
    assert parse("a: " + "x" * 5_000_000).root.place.end_column == 5_000_004


GOOD = [
    SPEC,
    json.dumps({"layers": ["Conv2d(1, 8, 3)", {"Conv2d": {"stride": [1, 2]}}]}, indent="\t"),
    '- "a\\n"\n',
]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, 6),
        st.one_of(
            st.sampled_from(
                [*"[]{}()'\"\\:-,#&*!|>%@`?\t\n\r \0", ": ", "- ", "\\u", "--- ", "\ufeff", "\u2028"]
            ),
            st.text(max_size=3),
        ),
    ),
    min_size=1,
    max_size=6,
)


def mutate(spec: str, edits: list[tuple[int, int, str]]) -> str:
    for at, length, text in edits:
        spec = spec[:at] + text + spec[at + length :]
    return spec


@pytest.mark.parametrize("loader", ["C", "pure"])
def test_any_text_is_read_or_refused_within_its_bounds(loader: str) -> None:
    @settings(deadline=None, max_examples=300)
    @given(st.one_of(st.text(), st.builds(mutate, st.sampled_from(GOOD), EDITS)))
    def hold(text: str) -> None:
        try:
            tree = parse(text)
        except SpecError as error:
            assert error.problem.place is not None
            assert (1, 1) <= error.problem.place[:2] <= error.problem.place[2:]
            return
        check(tree.root, tree.source)

    with pytest.MonkeyPatch.context() as patch:
        if loader == "pure":
            patch.delattr(yaml, "CSafeLoader")
        hold()


def check(node: Node, source: str) -> None:
    """Every node stands inside the text, and a scalar's offset leads to its own characters."""
    assert 0 <= node.start <= node.end <= len(source)
    if isinstance(node, Mapping):
        for key, value in node.pairs:
            check(key, source)
            check(value, source)
    elif isinstance(node, Sequence):
        for item in node.items:
            check(item, source)
    elif isinstance(node, Scalar):
        try:
            resolve(node)
        except SpecError as error:
            assert error.problem.code == LIMIT
        if node.offset is not None:
            assert source[node.offset : node.stop].split() == node.text.split()
        text, start, end, place = node.inside()
        try:
            parse_call(text, start, end, place)
        except SpecError as error:
            assert error.problem.place is not None
