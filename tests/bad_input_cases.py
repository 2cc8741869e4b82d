"""Bad inputs, each with the one problem that it gives: what tests and documentation are made from."""

from __future__ import annotations

import json
from typing import NamedTuple


class Case(NamedTuple):
    """What is wrong, the file, and the problem: its code, a part of its message, its place."""

    name: str
    data: bytes
    code: str
    message: str
    line: int
    column: int


def _text(name: str, text: str, code: str, message: str, line: int, column: int) -> Case:
    return Case(name, text.encode(), code, message, line, column)


def _layer(name: str, text: str, code: str, message: str, column: int, line: int = 3) -> Case:
    """A layer's text as the first item, which begins at column 5 of line 3."""
    return _text(name, f"input: 3x32x32\nlayers:\n  - {text}\n", code, message, line, column)


def _top(name: str, text: str, code: str, message: str, line: int, column: int) -> Case:
    """Top-level keys before a list of layers."""
    return _text(name, f"{text}\nlayers: [ReLU]\n", code, message, line, column)


def _bomb() -> str:
    lines = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    return f"a0: &a0 [ReLU]\n{lines}layers: *a9\n"


_SIZES = "a size is missing in the shape"

BYTES = [
    Case("empty file", b"", "SHP003", "there is nothing in this file", 1, 1),
    Case("comments only", b"# to do\n", "SHP003", "there is nothing in this file", 1, 1),
    Case("binary", b"PK\x03\x04\x00\x00", "SHP002", "this is binary data, not text: byte 4 is zero", 1, 5),
    Case("Latin-1", b"name: caf\xe9\n", "SHP002", "the file is not UTF-8: byte 9 on line 1 is 0xe9", 1, 10),
    Case("cut UTF-16", b"\xff\xfel\0a", "SHP002", "the file is not UTF-16", 1, 2),
    Case("control character", b"name: \x1b[31m\n", "SHP002", "control character U+001B in the text", 1, 7),
    Case("byte order mark", b"\xef\xbb\xbfinput: 3x\nlayers: [ReLU]\n", "SHP011", _SIZES, 1, 8),
    Case("CRLF", b"input: 3x8\r\nlayers:\r\n  - Relo\r\n", "SHP005", "unknown layer `Relo`", 3, 5),
    Case("over 16 MiB", b"#" * (16 * 2**20 + 1), "SHP012", "the file is larger than 16 MiB", 1, 1),
]

SYNTAX = [
    _text("tab", "layers:\n\t- ReLU\n", "SHP001", "a tab cannot indent a line", 2, 1),
    _text("duplicate key", "input: 3x8\nname: A\ninput: 3x9\n", "SHP004", "key `input` stands twice", 3, 1),
    _text("30,000 brackets", "layers: " + "[" * 30_000, "SHP012", "nested more than 64 levels deep", 1, 72),
    _text("30,000 braces", "{a: " * 30_000, "SHP012", "nested more than 64 levels deep", 1, 257),
    _text("alias bomb", _bomb(), "SHP012", "more than 2000000 nodes, aliases expanded", 7, 50),
    _text(
        "alias in itself", "layers: &l\n  - *l\n", "SHP001", "stands inside the node that it repeats", 2, 5
    ),
    _text("unknown alias", "layers:\n  - *down\n", "SHP009", "alias `*down` has no anchor `&down`", 2, 5),
    _text("merge key", "a: &a {b: 1}\n<<: *a\n", "SHP001", "merge keys (`<<`) are not supported", 2, 1),
    _text("tag", "layers: !!python/object:os.system x\n", "SHP001", "tags (`!...`) are not supported", 1, 9),
    _text("unclosed bracket", "layers: [\n  ReLU\n", "SHP001", "`[` is never closed", 1, 9),
    _text("unclosed quote", "name: 'x\nlayers: [ReLU]\n", "SHP001", "this quote is never closed", 1, 7),
    _text("two documents", "layers: [ReLU]\n---\na: 1\n", "SHP001", "a second document begins here", 2, 1),
    _text("unquoted call in [ ]", "layers: [Cat(x, y)]\n", "SHP001", "must be quoted inside `[ ]`", 1, 10),
    _text("broken JSON", '{"layers": ["ReLU",}', "SHP001", "unexpected `}`", 1, 20),
    _text("half a character", json.dumps({"name": "🙂"}), "SHP001", r"`\ud83d` is half a character", 1, 11),
]

TOP = [
    _text("a number", "3\n", "SHP003", "a spec is a mapping with `layers:`", 1, 1),
    _text("a layer alone", "Conv2d(1, 8, 3)\n", "SHP003", "a spec is a mapping with `layers:`", 1, 1),
    _text("no layers", "input: 1x2x3\n", "SHP003", "the spec has no layers", 1, 1),
    _text("unknown key", "encodr: [ReLU]\n", "SHP013", "unknown key `encodr`", 1, 1),
    _text("wrong case", "Encoder: [ReLU]\n", "SHP013", "unknown key `Encoder`", 1, 1),
    _text("empty section", "encoder:\ndecoder: [ReLU]\n", "SHP003", "`encoder` has no layers", 1, 9),
    _text("empty list", "encoder: []\n", "SHP003", "`encoder` has no layers", 1, 10),
    _text("section as mapping", "encoder: {ReLU: }\n", "SHP008", "`encoder` is a list of layers", 1, 10),
    _text("section as text", "layers: ReLU\n", "SHP008", "`layers` is a list of layers", 1, 9),
    _text("layers and encoder", "encoder: [ReLU]\nlayers: [ReLU]\n", "SHP013", "cannot stand together", 2, 1),
    _top("input cut short", "input: 1x10x", "SHP011", _SIZES, 1, 8),
    _top("input of zero", "input: 0x10", "SHP011", "size 0 in the shape `0x10` must be at least 1", 1, 8),
    _top("negative input", "input: -1x3", "SHP011", "`-1` is neither a positive integer", 1, 8),
    _top("13-digit size", "input: 3x1234567890123", "SHP011", "has over 12 digits", 1, 8),
    _top("13-digit size in a list", "input: [3, 1234567890123]", "SHP012", "more than 12 digits", 1, 12),
    _top("fractional size", "input: [3, 2.5]", "SHP011", "`2.5` is neither a positive integer", 1, 8),
    _top("size of true", "input: [3, true]", "SHP011", "`true` is no shape", 1, 12),
    _top("list in the input", "input: [3, [4]]", "SHP011", "a size is an integer or a letter", 1, 12),
    _top("no input after the key", "input:", "SHP011", "no shape is given", 1, 7),
    _top("17 axes", "input: 1" + "x1" * 16, "SHP011", "a shape has 1 to 16 axes", 1, 8),
    _top("input as mapping", "input: {C: 3}", "SHP011", "`input` is a shape like `1x10x474`", 1, 8),
    _top("broken output", "input: 3x8\noutput: 3x", "SHP011", _SIZES, 2, 9),
    _top("broken latent", "input: 3x8\nlatent: 3,,8", "SHP011", _SIZES, 2, 9),
    _top("range of one number", "range: [0]", "SHP008", "`range` is a list of two numbers", 1, 8),
    _top("range the wrong way", "range: [1, 0]", "SHP008", "`range` is a list of two numbers", 1, 8),
    _top("range as text", "range: 0..1", "SHP008", "`range` is a list of two numbers", 1, 8),
    _top("name as list", "name: [A]", "SHP008", "`name` is a text", 1, 7),
    _top("vars as list", "vars: [a]", "SHP008", "`vars` is a mapping of names to numbers", 1, 7),
    _top("var of true", "vars: {w: true}", "SHP008", "`w` must be a number", 1, 11),
    _top("var of text", "vars: {w: 'wide'}", "SHP008", "`w` must be a number", 1, 11),
    _top("var used too early", "vars: {a: 2*b, b: 3}", "SHP009", "`b` is not a known name", 1, 13),
    _top("var named N", "vars: {N: 3}", "SHP008", "`N` cannot be a name: it is the batch size", 1, 8),
    _top("var named x", "vars: {x: 3}", "SHP008", "`x` cannot be a var", 1, 8),
    _top("var divided by zero", "vars: {w: 1//0}", "SHP008", "division by zero", 1, 11),
    _top("var too large", "vars: {w: 999999*999999*9}", "SHP012", "the result of `*` is too large", 1, 11),
]

LAYERS = [
    _layer("unknown kind", "Conv2D(3, 8, 3)", "SHP005", "unknown layer `Conv2D`", 5),
    _layer("unknown kind with arguments", "Covn2d: [3, 8, 3]", "SHP005", "unknown layer `Covn2d`", 5),
    _layer("unknown argument", "Conv2d(3, 8, 3, strid=2)", "SHP006", "has no argument `strid`", 21),
    _layer("unknown argument in YAML", "ReLU: {inplce: true}", "SHP006", "has no argument `inplce`", 12),
    _layer("missing argument", "Conv2d(3, 8)", "SHP007", "`Conv2d` needs `kernel_size`", 5),
    _layer("too many arguments", "Tanh(1, 2)", "SHP006", "`Tanh` takes 0 arguments, and 2 are given", 10),
    _layer("argument given twice", "Conv2d(3, 8, 3, in_channels=3)", "SHP006", "is given twice", 21),
    _layer(
        "keyword given twice", "Conv2d(3, 8, 3, groups=1, groups=1)", "SHP004", "`groups` is given twice", 31
    ),
    _layer("kernel of true", "Conv2d(3, 8, true)", "SHP009", "`true` is not a known name", 18),
    _layer("kernel of True", "Conv2d(3, 8, True)", "SHP008", "`kernel_size` takes an integer", 18),
    _layer("kernel of true in YAML", "Conv2d: [3, 8, true]", "SHP008", "`kernel_size` takes an integer", 20),
    _layer("float for an integer", "Conv2d(3, 8, 2.5)", "SHP008", "not 2.5", 18),
    _layer("float for an integer in YAML", "Conv2d: [3, 8, 1e1]", "SHP008", "not 10.0", 20),
    _layer(
        "negative kernel", "Conv2d(3, 8, -3)", "SHP101", "`kernel_size` takes an integer of at least 1", 18
    ),
    _layer("13-digit number", "Conv2d(3, 8, 1000000000000)", "SHP012", "has more than 12 digits", 18),
    _layer("kernel of three", "Conv2d(3, 8, (3, 3, 3))", "SHP008", "a tuple of 2", 18),
    _layer(
        "mapping as argument",
        "Conv2d: {in_channels: {a: 1}}",
        "SHP008",
        "a mapping cannot be an argument",
        27,
    ),
    _layer("layer as argument", "Conv2d: Conv2d(3, 8, 3)", "SHP008", "a layer cannot be an argument", 13),
    _layer("unknown name", "Conv2d(3, width, 3)", "SHP009", "`width` is not a known name", 15),
    _layer("path for a number", "Conv2d(enc.0, 8, 3)", "SHP009", "`enc.0` is not a number", 12),
    _layer(
        "expression of code", "Conv2d(__import__('os'), 8, 3)", "SHP001", "a call is not allowed here", 22
    ),
    _layer("division", "Conv2d(3, 8/2, 3)", "SHP001", "`/` is not allowed here", 16),
    _layer("unclosed call", "Conv2d(3, 8, 3", "SHP001", "expected `)` to close `(`", 19),
    _layer("colon in a call", "a: Conv2d(3, k: 8)", "SHP001", "`:` is not allowed in a layer's text", 19),
    _layer("two layers on a line", "ReLU() Tanh()", "SHP001", "expected the end of the layer", 12),
    _layer("empty item", "", "SHP008", "there is no layer here", 4),
    _layer("null", "null", "SHP008", "there is no layer here", 5),
    _layer("a number for a layer", "3", "SHP001", "expected a layer such as `ReLU()`", 5),
    _layer("empty mapping", "{}", "SHP008", "this mapping is empty", 5),
    _layer("empty block", "[]", "SHP003", "a block has no layers", 5),
    _layer("two keys", "{ReLU: , Tanh: }", "SHP013", "this one has 2 keys (`ReLU`, `Tanh`)", 14),
    _layer("arguments not indented", "Conv2d:\n    stride: 1", "SHP013", "this one has 2 keys", 5, line=4),
    _layer("30,000 parentheses", "ReLU(" + "(" * 30_000, "SHP012", "more than 32 levels of nesting", 42),
    _layer("30,000 operators", "ReLU(1" + "+1" * 30_000 + ")", "SHP012", "more than 200 operators", 411),
]

NAMES = [
    _layer(
        "name used twice", "a: ReLU\n  - a: Tanh", "SHP010", "the name `a` is used twice in `layers`", 5, 4
    ),
    _layer("name of digits", "1a: ReLU", "SHP008", "`1a` is no name", 5),
    _layer("name with a dot", "a.b: ReLU", "SHP008", "`a.b` is no name", 5),
    _layer("keyword as name", "class: ReLU", "SHP008", "`class` cannot be a name", 5),
    _layer("name without a layer", "down:", "SHP008", "`down` has no layer", 5),
    _text("name of a var", "vars: {w: 3}\nlayers: [w: ReLU]\n", "SHP010", "is one of `vars`", 2, 10),
    _layer(
        "unknown name in a join", "a: ReLU\n  - Add(x, b)", "SHP009", "no layer above is called `b`", 12, 4
    ),
    _layer("join of what stands below", "Add(x, up)\n  - up: ReLU", "SHP009", "`up` stands below", 12),
    _layer("join of a path below", "Add(x, layers.1)\n  - ReLU", "SHP009", "`layers.1` stands below", 12),
    _layer("join of itself", "a: Add(x, a)", "SHP009", "`a` cannot read itself", 15),
    _layer("join of its own block", "a: [ReLU, 'Add(x, a)']", "SHP009", "`a` is not finished here", 23),
    _layer("two meanings", "[a: ReLU]\n  - [a: ReLU]\n  - Add(x, a)", "SHP009", "could be any of", 12, 5),
    _layer("number for a source", "MaxUnpool2d(2, indices=3)", "SHP008", "takes a layer's name, not 3", 28),
    _layer(
        "source without the one before", "MultiheadAttention(32, 2, value=x)", "SHP007", "needs `key`, too", 5
    ),
    _layer("repeat of 0", "{repeat: 0, layers: [ReLU]}", "SHP008", "at least 1, not `0`", 14),
    _layer("repeat of true", "{repeat: true, layers: [ReLU]}", "SHP008", "at least 1, not `true`", 14),
    _layer("repeat of 1.5", "{repeat: 1.5, layers: [ReLU]}", "SHP008", "at least 1, not `1.5`", 14),
    _layer(
        "repeat of a million", "{repeat: 1000000, layers: [ReLU]}", "SHP012", "more than 200000 layers", 14
    ),
    _layer(
        "a million by nesting",
        "{repeat: 1000, layers: [{repeat: 1000, layers: [ReLU]}]}",
        "SHP012",
        "a repeat of 1000 makes more than 200000 layers",
        14,
    ),
    _layer("repeat without layers", "{repeat: 2}", "SHP013", "a repeat needs `layers`", 5),
    _layer("repeat with a typo", "{repeat: 2, layer: [ReLU]}", "SHP013", "not `layer`", 17),
    _layer("repeat of nothing", "{repeat: 2, layers: []}", "SHP003", "`layers` has no layers", 25),
]

CASES = [*BYTES, *SYNTAX, *TOP, *LAYERS, *NAMES]
