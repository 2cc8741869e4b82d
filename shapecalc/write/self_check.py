"""The self-check of an emitted module: two samples of one or several sizes through it, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..shapes import Shape
from .layout import lines_of


class Check(NamedTuple):
    """What is checked of the class `name`: an input and its output, with two samples in the batch.

    `returned` has the shapes that come back unchanged, where every size does. `integers` are asked for by an
    embedding; of `several` outputs the first one counts. `call` is what running the file does.
    """

    name: str
    given: Shape
    output: Shape
    returned: Sequence[Shape]
    integers: bool
    several: bool
    call: str

    def text(self) -> str:
        """The function, and the end of the file."""
        lines = [
            "def check() -> None:",
            '    """Pass two samples through, and compare the shape that comes out."""',
            *(self._each() if len(self.returned) > 2 else self._one()),
            "",
            "",
            'if __name__ == "__main__":',
            f"    {self.call}()",
        ]
        return "\n".join(lines) + "\n"

    def _each(self) -> list[str]:
        shapes = ", ".join(map(_tuple, self.returned[:3]))
        return [
            f"    model = {self.name}()",
            *lines_of(4, f"for shape in [{shapes}]", tail=":"),
            f"        x = torch.{'zeros(shape, dtype=torch.long)' if self.integers else 'randn(shape)'}",
            "        with torch.no_grad():",
            f"            output: Tensor = model(x){'[0]' * self.several}",
            "        assert output.shape == shape, list(output.shape)",
            f'        print("{self.name}: " + "x".join(map(str, shape)) + " comes back")',
        ]

    def _one(self) -> list[str]:
        make = f"torch.randn({', '.join(map(str, self.given))})"
        if self.integers:
            make = f"torch.zeros({_tuple(self.given)}, dtype=torch.long)"
        return [
            *lines_of(4, f"x = {make}"),
            "    with torch.no_grad():",
            *lines_of(8, f"output: Tensor = {self.name}()(x){'[0]' * self.several}"),
            *lines_of(4, f"assert output.shape == {_tuple(self.output)}, list(output.shape)"),
            *lines_of(4, f'print("{self.name}: {_joined(self.given)} becomes {_joined(self.output)}")'),
        ]


def _tuple(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def _joined(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a number"
