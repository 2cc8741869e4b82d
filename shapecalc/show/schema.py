"""The JSON Schema (draft-07) of spec files, made from the registry."""

from __future__ import annotations

from typing import Any

from .. import layers
from ..layer import KINDS, Layer

assert layers  # importing the package fills KINDS

EXPRESSION = {"type": "string", "description": "names of `vars` and + - * // ( )"}
SHAPE: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*\w+(\s*[x×X,]\s*\w+)*\s*$"},
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}, "minItems": 1},
    ]
}


def schema() -> dict[str, Any]:
    """What an editor needs to complete and check a spec file."""
    section = {"$ref": "#/definitions/block"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "shapecalc architecture",
        "anyOf": [section, {"$ref": "#/definitions/file"}],
        "definitions": {
            "file": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": ["string", "number"], "description": "the class name of the emitted module"},
                    "input": SHAPE | {"description": "one sample, without the batch: 1x10x474"},
                    "range": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
                    "vars": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
                    "encoder": section,
                    "bottleneck": section,
                    "decoder": section,
                    "layers": section,
                    "output": SHAPE | {"description": "what comes out, where it is not the input"},
                    "latent": SHAPE | {"description": "the code's shape"},
                },
            },
            "block": {"type": "array", "items": {"$ref": "#/definitions/item"}, "minItems": 1},
            "item": {
                "anyOf": [
                    {"type": "string", "description": "torch's constructor call: Conv2d(1, 16, 3, stride=2)"},
                    {"$ref": "#/definitions/block"},
                    {"$ref": "#/definitions/layer"},
                    {"$ref": "#/definitions/repeat"},
                    {"$ref": "#/definitions/named"},
                ]
            },
            "layer": {
                "type": "object",
                "properties": {name: _kind(KINDS[name]) for name in sorted(KINDS)},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
            "repeat": {
                "type": "object",
                "properties": {
                    "repeat": {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]},
                    "layers": section,
                },
                "required": ["repeat", "layers"],
                "additionalProperties": False,
            },
            "named": {
                "type": "object",
                "description": "a name, usable in joins, and its layer or block",
                "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "not": {"enum": ["repeat", *sorted(KINDS)]}},
                "additionalProperties": {"$ref": "#/definitions/item"},
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
    }


def _kind(cls: type[Layer]) -> dict[str, Any]:
    """A kind's arguments: by name, by position, one alone, or none."""
    arguments: dict[str, Any] = {
        name: {"anyOf": [field.sort.schema(cls.rank), EXPRESSION]} for name, field in cls.fields.items()
    }
    for name in cls.inputs:
        if name.startswith("*"):
            arguments[name[1:]] = {"type": "array", "items": {"type": "string"}}
        else:
            arguments.setdefault(name, {"type": "string", "description": "an earlier layer's name"})
    return {
        "description": (cls.__doc__ or "").partition("\n")[0],
        "anyOf": [
            {"type": "object", "properties": arguments, "additionalProperties": False},
            {"type": "array"},
            {"type": ["string", "number", "boolean", "null"]},
        ],
    }
