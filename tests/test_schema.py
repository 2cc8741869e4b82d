"""The JSON Schema of spec files: editors accept what the reader accepts, and mark typical mistakes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from terminal import EXAMPLES

from shapecalc.layer import KINDS
from shapecalc.problem import ShapeError
from shapecalc.read.spec import loads
from shapecalc.report import check_text
from shapecalc.show.schema import schema
from shapecalc.sorts import BATCH, INFER

SCHEMA = schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

GOOD = {
    "list alone": "['Conv2d(1, 8, 3)', ReLU]",
    "every key": """
        {name: X, input: 1xHxW, range: [0, 1.5], vars: {k: 3, w: 2*k}, encoder: [ReLU], bottleneck: [ReLU],
         decoder: [ReLU], output: 1x4x4, latent: [1, H, 4]}""",
    "spellings": """
        vars: {k: 3}
        layers:
          - nn.Conv2d(1, 8, 3)
          - torch.nn.ReLU
          - Conv2d: {in_channels: 8, out_channels: 8, kernel_size: [3, k]}
          - Conv2d: [8, 8, 3]
          - ReLU:
          - name: Conv2d(8, 8, 3)
          - block: [ReLU, [ReLU]]
          - {repeat: 3, layers: [ReLU]}
          - {repeat: 2*k, layers: [ReLU]}
          - Cat(name, block)
          - Cat: [name, block]
          - "Conv2d(8,\\n 8, 3)"
    """,
    "inferred": """
        vars: {w: 4}
        layers: [{Conv2d: {in_channels: _, out_channels: 2*w, kernel_size: 3, padding: same}}]""",
    "input as a list": "{input: [1, H, 4], layers: [ReLU]}",
    "input as a number": "{input: 128, layers: [ReLU]}",
}
BAD = {
    "empty": "",
    "scalar": "hello",
    "no layers": "name: x",
    "unknown key": "{layers: [ReLU], inptu: 1x2}",
    "both": "{layers: [ReLU], encoder: [ReLU]}",
    "section no list": "layers: ReLU",
    "empty section": "layers: []",
    "empty item": "layers: [null]",
    "number": "layers: [3]",
    "mistyped kind": "layers: ['Conv2e(1, 2, 3)']",
    "mistyped kind, mapping": "layers: [{Conv2e: {in_channels: 1, out_channels: 2, kernel_size: 3}}]",
    "mistyped argument": "layers: [{Conv2d: {in_channels: 1, out_chanels: 2, kernel_size: 3}}]",
    "missing argument": "layers: [{Conv2d: {in_channels: 1, out_channels: 2}}]",
    "kernel true": "layers: [{Conv2d: {in_channels: 1, out_channels: 2, kernel_size: true}}]",
    "kernel 0": "layers: [{Conv2d: {in_channels: 1, out_channels: 2, kernel_size: 0}}]",
    "kernel 1.5": "layers: [{Conv2d: {in_channels: 1, out_channels: 2, kernel_size: 1.5}}]",
    "unknown word": "layers: [{Upsample: {scale_factor: 2, mode: cubic}}]",
    "two keys": "layers: [{a: ReLU, b: ReLU}]",
    "repeat without layers": "layers: [{repeat: 3}]",
    "repeat 0": "layers: [{repeat: 0, layers: [ReLU]}]",
    "size missing": "{input: 1x10x, layers: [ReLU]}",
    "size 0": "{input: 1x0x4, layers: [ReLU]}",
    "size negative": "{input: [1, -2], layers: [ReLU]}",
    "range of one": "{range: [1], layers: [ReLU]}",
    "vars a list": "{vars: [1], layers: [ReLU]}",
}


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert set(SCHEMA["definitions"]["layer"]["properties"]) == set(KINDS)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_are_valid(path: Path) -> None:
    assert mistake(yaml.safe_load(path.read_text(encoding="utf-8"))) is None


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_good(text: str) -> None:
    assert mistake(yaml.safe_load(text)) is None
    loads(text)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad(text: str) -> None:
    assert not VALIDATOR.is_valid(yaml.safe_load(text))
    assert check_text(text, "a.yaml", "1x8x8").problems, "the reader takes what the schema refuses"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_arguments_that_a_kind_takes_are_valid(kind: str) -> None:
    cls, source = KINDS[kind], random.Random(7)
    for _ in range(10):
        arguments = {
            field.name: field.sort.sample(source, cls.rank)
            for field in cls.fields.values()
            if field.required or source.random() < 0.5
        }
        try:
            cls(**arguments)
        except ShapeError:
            continue
        written = {name: plain(value) for name, value in arguments.items()}
        assert mistake([{kind: written or None}]) is None


def mistake(spec: object) -> str | None:
    """What is wrong with a spec, in a few words (the error itself quotes the whole schema)."""
    error = jsonschema.exceptions.best_match(VALIDATOR.iter_errors(spec))
    return f"{list(error.absolute_path)}: {error.message[:200]}" if error else None


def plain(value: Any) -> Any:
    """The value as a YAML file would hold it."""
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return repr(value) if value is INFER or value is BATCH else value
