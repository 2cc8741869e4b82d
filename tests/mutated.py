"""Specs with mistakes in them: good ones, mutated by hypothesis."""

from __future__ import annotations

import re

from hypothesis import strategies as st

AUTOENCODER = """\
name: A
input: 3x32x32
range: [0, 1]
vars: {w: 8}
encoder:
  - Conv2d(3, w, 3, stride=2, padding=1)
  - down: [{a: 'Conv2d(_, w, 3)'}, ReLU]
  - Conv2d: {in_channels: 8, out_channels: 2*w, kernel_size: [3, 3]}
decoder:
  - ConvTranspose2d(16, 8, 3)
  - {repeat: 2, layers: ['Conv2d(8, 8, 3, padding=1)', ReLU]}
  - ConvTranspose2d: [8, 3, 5, 2]
output: 3x31x31
latent: 16x12x12
"""
JOINS = """\
input: 8xHxW
layers:
  - a: &a Conv2d(8, 8, 3, padding='same')
  - *a
  - Cat(x, a)
  - MaxPool2d(2)
  - Interpolate(x, a)
  - block:
    - Conv2d: [_, 4, 1]
    - Cat: [x, layers.a]
  - AdaptiveAvgPool2d(2)
  - Flatten()
  - Linear(_, 10)
"""
JSON = """\
{"input": [3, 8, 8],
 "layers": [{"Conv2d": {"in_channels": 3, "out_channels": 8, "kernel_size": 3}},
  {"skip": "ReLU()"}, {"Add": ["x", "skip"]}, {"Dropout": 0.5}, {"View": ["N", -1]}]}
"""
SPECS = [AUTOENCODER, JOINS, JSON]
PIECES = [
    *"[]{}()'\"\\:-,#&*!|>%@`?=_.\t\n\r \0",
    *(
        ": ",
        "- ",
        "\n  - ",
        "\n",
        "Conv2d",
        "Cat",
        "x",
        "input",
        "N",
        "_",
        "True",
        "null",
        "1e3",
        "-1",
        "0",
        "99999999999",
    ),
    *(
        "layers",
        "encoder",
        "decoder",
        "repeat: ",
        "vars",
        "output",
        "&a ",
        "*a",
        "//",
        "**",
        "'",
        "\ufeff",
        "é",
        "1xHxW",
    ),
]


WORDS = (
    "0",
    "1",
    "-1",
    "2.5",
    "True",
    "null",
    "x",
    "input",
    "N",
    "_",
    "a",
    "H",
    "Cat",
    "Flatten",
    "repeat",
    "vars",
)


def _spliced(first: str, second: str, at: int, other: int) -> str:
    return first[: at % (len(first) + 1)] + second[other % (len(second) + 1) :]


def _with_lines(text: str, moves: list[tuple[int, int]]) -> str:
    """Lines copied to other places."""
    lines = text.splitlines(keepends=True) or [""]
    for source, target in moves:
        lines.insert(target % (len(lines) + 1), lines[source % len(lines)])
    return "".join(lines)


def _with_words_swapped(text: str, first: int, second: int) -> str:
    words = text.split(" ")
    first, second = first % len(words), second % len(words)
    words[first], words[second] = words[second], words[first]
    return " ".join(words)


def _with_tokens(text: str, changes: list[tuple[int, int]]) -> str:
    """Words and numbers replaced by others of the same text or of `WORDS`: most of these are good YAML."""
    tokens = re.findall(r"\w+|\W", text)
    at = [index for index, token in enumerate(tokens) if token[0].isalnum()]
    choices = [*(tokens[index] for index in at), *WORDS]
    for target, source in changes:
        tokens[at[target % len(at)]] = choices[source % len(choices)]
    return "".join(tokens)


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for at, length, new in edits:
        at %= len(text) + 1
        text = text[:at] + new + text[at + length :]
    return text


NUMBERS = st.integers(0, 2000)
WHOLE = st.sampled_from(SPECS)
CHARACTERS = st.one_of(st.sampled_from(PIECES), st.text(max_size=3))
MUTATED = st.one_of(
    st.builds(_with_tokens, WHOLE, st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4)),
    st.builds(_with_words_swapped, WHOLE, NUMBERS, NUMBERS),
    st.builds(_with_lines, WHOLE, st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=3)),
    st.builds(_spliced, WHOLE, WHOLE, NUMBERS, NUMBERS),
    st.builds(_edited, WHOLE, st.lists(st.tuples(NUMBERS, st.integers(0, 6), CHARACTERS), max_size=5)),
)
