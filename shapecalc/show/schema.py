"""The JSON Schema (draft-07) of spec files, made from the registry."""

from __future__ import annotations

from typing import Any

from .. import layers
from ..arch import PROFILES, scaled_axes
from ..layer import KINDS, Layer

assert layers  # importing the package fills KINDS

EXPRESSION = {"type": "string", "description": "names of `vars` and + - * // ( )"}
SECTIONS = ("encoder", "bottleneck", "decoder", "layers")

#: A size is a number or a name; `x` parts sizes, so that no name has one.
SIZE = r"(0*[1-9][0-9]{0,11}|[A-WYZa-wyz_][A-WYZa-wyz_0-9]*)"
SHAPE: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": rf"^\s*[(\[]?\s*{SIZE}(\s*[x×X,]\s*{SIZE})*\s*[)\]]?\s*$"},
        {"type": "integer", "minimum": 1},
        {
            "type": "array",
            "items": {
                "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": f"^{SIZE}$"}]
            },
            "minItems": 1,
        },
    ]
}

#: A step is a positive number with a unit: `0.0107 s`.
SCALES: dict[str, Any] = {
    "type": "object",
    "description": "how far one step of an axis of the input is: {width: 0.0107 s}",
    "propertyNames": {"enum": list(scaled_axes(None))},
    "additionalProperties": {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "string", "pattern": r"^[+]?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]+)?( .{0,20})?$"},
        ]
    },
}

BLOCK = {"$ref": "#/definitions/block"}
ITEM = {"$ref": "#/definitions/item"}


def schema() -> dict[str, Any]:
    """What an editor needs to complete and check a spec file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "shapecalc architecture",
        "anyOf": [BLOCK, {"$ref": "#/definitions/file"}],
        "definitions": {
            "file": _file(),
            "block": {"type": "array", "items": ITEM, "minItems": 1},
            "item": _item(),
            "layer": _layer(),
            "repeat": _repeat(),
            "named": _named(),
        },
    }


def _file() -> dict[str, Any]:
    """A spec with keys; sections of a plain network and of an autoencoder do not stand side by side."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {"type": ["string", "number"], "description": "the class name of the emitted module"},
            "input": SHAPE | {"description": "one sample, without the batch: 1x10x474"},
            "range": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            "sample": SCALES,
            "vars": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
            "profile": {"enum": list(PROFILES), "description": "what the linter is to take it for"},
            **dict.fromkeys(SECTIONS, BLOCK),
            "output": SHAPE | {"description": "what comes out, where it is not the input"},
            "latent": SHAPE | {"description": "the code's shape"},
        },
        "anyOf": [{"required": [name]} for name in SECTIONS],
        "dependencies": {"layers": {"not": {"anyOf": [{"required": [name]} for name in SECTIONS[:-1]]}}},
    }


def _item() -> dict[str, Any]:
    """What stands in a list: a layer as text or as a key, a block, a repeat, or one of these with a name."""
    call = {
        "type": "string",
        "pattern": rf"^\s*((torch\.)?nn\.)?({'|'.join(sorted(KINDS))})\s*(\(|$)",
        "description": "torch's constructor call: Conv2d(1, 16, 3, stride=2)",
    }
    others = ("block", "layer", "repeat", "named")
    return {"anyOf": [call, *({"$ref": f"#/definitions/{name}"} for name in others)]}


def _layer() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _kind(KINDS[name]) for name in sorted(KINDS)},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _repeat() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "repeat": {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]},
            "layers": BLOCK,
        },
        "required": ["repeat", "layers"],
        "additionalProperties": False,
    }


def _named() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "a name, usable in joins, and its layer or block",
        "propertyNames": {
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "not": {"enum": ["repeat", *sorted(KINDS)]},
        },
        "additionalProperties": ITEM,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _kind(cls: type[Layer]) -> dict[str, Any]:
    """A kind's arguments: by name, by position, one alone, or none."""
    arguments = {name: _argument(field.sort.schema(cls.rank)) for name, field in cls.fields.items()}
    for name in cls.inputs:
        if not name.startswith("*"):  # `Cat: [up, skip]` names any number of layers
            arguments.setdefault(name, {"type": "string", "description": "an earlier layer's name"})
    required = [name for name, field in cls.fields.items() if field.required]
    return {
        "description": (cls.__doc__ or "").partition("\n")[0],
        "anyOf": [
            {
                "type": "object",
                "properties": arguments,
                "additionalProperties": False,
                **({"required": required} if required else {}),
            },
            {"type": "array"},
            {"type": ["string", "number", "boolean", "null"]},
        ],
    }


def _argument(own: dict[str, Any]) -> dict[str, Any]:
    """A value of the field's own sort, or an expression; no expression yields one of a few words."""
    if "enum" in own:
        return own
    return {"anyOf": [*map(_with_expressions, own.get("anyOf", [own])), EXPRESSION]}


def _with_expressions(own: dict[str, Any]) -> dict[str, Any]:
    """The same, with expressions in the places of a list's items: `kernel_size: [3, 2*k]`."""
    return own | {"items": {"anyOf": [own["items"], EXPRESSION]}} if "items" in own else own
