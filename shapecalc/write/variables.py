"""A decoder's numbers as expressions over `vars`, where the encoder's own text has them so."""

from __future__ import annotations

from collections.abc import Sequence

from ..layer import Layer
from ..trace import Trace
from .spelling import Spelling

_TAKEN = ("in_channels", "in_features")
_MADE = ("out_channels", "out_features")


class Expressions:
    """What to write for arguments of a decoder; `undoes` has the encoder's node for each of its layers (0: none).

    A mirror takes the channels that its layer makes, and the other way round; a norm that comes back has the arguments
    that it had; and where the node is negative, the layer takes and makes the channels that the node makes. A multiple
    of a named number is written as one.
    """

    def __init__(self, traced: Trace, undoes: Sequence[int]) -> None:
        self.trace, self.undoes = traced, undoes
        self.start = len(traced.steps) - len(undoes)
        self.spelling = Spelling(traced)
        self.channels: list[str | None] = [None]  # by source
        for number, step in enumerate(traced.steps if traced.arch.variables else ()):
            is_kept = not step.layer.num_parameters and step.shape_out[1:2] == step.shapes_in[0][1:2]
            above = [self.channels[source] for source in traced.arch.nodes[number].sources]
            kept = next(filter(None, above), None) if is_kept or step.layer.echoed else None
            self.channels.append(_spaced(self.spelling.channels_of(number)) or kept)

    def of(self, number: int) -> dict[str, str]:
        """The texts of layer `number`, by the argument's name."""
        node = self.undoes[number - self.start] if number >= self.start else 0
        if not self.trace.arch.variables or node == 0:
            return {}
        layer, found = self.trace.steps[number].layer, dict[str, str]()
        for name in layer.fields:
            if name == layer.variadic or name in layer.forward_fields:
                continue
            value, (base, text) = layer.__dict__[name], self._base(node, name)
            if text is None:
                continue
            if value == base:
                found[name] = text
            elif (
                name in (*_TAKEN, *_MADE) and type(base) is type(value) is int and base and value % base == 0
            ):
                found[name] = _times(value // base, text)
        return found

    def _base(self, node: int, name: str) -> tuple[object, str | None]:
        """The number that an argument comes from, and how the encoder has it."""
        step, is_channels = self.trace.steps[abs(node) - 1], name in (*_TAKEN, *_MADE)
        layer = step.layer
        if node < 0 and is_channels:
            return step.shape_out[1], self.channels[-node]
        if node < 0:
            return None, None
        if layer.echoed or not is_channels:
            return layer.__dict__.get(name), _spaced(self.spelling.argument(node - 1, name))
        if name in _TAKEN:
            return _own(layer, _MADE, step.shape_out[1:2]), self.channels[node]
        taken = [self.spelling.argument(node - 1, each) for each in _TAKEN if each in layer.fields]
        above = self.channels[self.trace.arch.nodes[node - 1].sources[0]]
        return _own(layer, _TAKEN, step.shapes_in[0][1:2]), _spaced(next(filter(None, taken), None)) or above


def _own(layer: Layer, names: Sequence[str], channels: tuple[object, ...]) -> object:
    """A layer's own number, or the channels of what it takes or makes."""
    own = [layer.__dict__[name] for name in names if name in layer.fields]
    return next(iter((*own, *channels)), None)


def _times(factor: int, text: str) -> str:
    """
    >>> _times(2, "width"), _times(2, "4*width"), _times(2, "width - 4")
    ('2*width', '8*width', '2*(width - 4)')
    """
    if set(text) & set("+-/"):
        return f"{factor}*({text})"
    first, star, rest = text.partition("*")
    return f"{factor * int(first)}*{rest}" if star and first.isdecimal() else f"{factor}*{text}"


def _spaced(text: str | None) -> str | None:
    """The expression as specs have it.

    >>> _spaced("2 * width + 1")
    '2*width + 1'
    """
    return text and text.replace(" * ", "*").replace(" // ", "//")
