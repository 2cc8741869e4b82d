"""A layer's window in short, as conv-arithmetic tables have it."""

from __future__ import annotations

from ..layer import Layer

#: Arguments worth a word, and their letters.
WINDOW = {
    "kernel_size": "k",
    "stride": "s",
    "padding": "p",
    "output_padding": "op",
    "dilation": "d",
    "groups": "g",
}


def window(layer: Layer) -> str:
    """Kernel, stride, padding and the like in short: `k3 s2 p1`.

    >>> from shapecalc.read.layer_text import parse_layer
    >>> window(parse_layer("Conv2d(1, 8, (3, 5), stride=2, padding=1)"))
    'k3x5 s2 p1'
    """
    shown = []
    for name, letter in WINDOW.items():
        field = layer.fields.get(name)
        value = getattr(layer, name, None)
        if field is not None and value is not None and (field.required or value != field.default):
            sizes = value if isinstance(value, tuple) else (value,)
            shown.append(letter + "x".join(map(str, sizes if len(set(sizes)) > 1 else sizes[:1])))
    return " ".join(shown)
