"""`__init__`: the submodules, under the spec's own paths."""

from __future__ import annotations

from ..shapes import spell
from ..trace import Trace
from .layout import lines_of
from .names import submodule
from .plan import Block, Plan
from .spelling import Spelling


class Submodules:
    """Writes the submodules of a plan as the statements of a constructor."""

    def __init__(self, trace: Trace, plan: Plan) -> None:
        self.plan, self.steps = plan, trace.steps
        self.spelling = Spelling(trace)

    def lines(self) -> list[str]:
        """The statements, in the order of the layers."""
        return [
            line
            for name, child in self.plan.root.children.items()
            for line in self._submodule(8, f"self.{submodule(name)} = ", child, "")
        ]

    def _submodule(self, indent: int, prefix: str, child: Block | int, tail: str) -> list[str]:
        if isinstance(child, int):
            if not self._is_module(child):
                return []
            changes = {"return_indices": True} if child in self.plan.indices else {}
            code = prefix + self.spelling.call(child, **changes)
            return lines_of(indent, code, spell(self.steps[child].shape_out), tail)
        if not any(map(self._is_module, child.layers())):
            return []
        names = list(child.children)
        blank = " " * indent
        if not self.plan.is_chain(child):
            return self._named(indent, f"{prefix}nn.ModuleDict(", child, tail)
        if names != [str(number) for number in range(len(names))]:
            return [
                f"{blank}{prefix}nn.Sequential(",
                *self._named(indent + 4, "OrderedDict(", child, ""),
                f"{blank}){tail}",
            ]
        inner = [
            line for each in child.children.values() for line in self._submodule(indent + 4, "", each, ",")
        ]
        return [f"{blank}{prefix}nn.Sequential(", *inner, f"{blank}){tail}"]

    def _named(self, indent: int, opening: str, block: Block, tail: str) -> list[str]:
        blank = " " * indent
        inner = [
            line
            for name, child in block.children.items()
            for line in self._submodule(indent + 8, f'"{submodule(name)}": ', child, ",")
        ]
        return [f"{blank}{opening}", f"{blank}    {{", *inner, f"{blank}    }}", f"{blank}){tail}"]

    def _is_module(self, number: int) -> bool:
        return not (self.steps[number].layer.functional or self.plan.is_resized(number))


def attribute(path: tuple[str, ...]) -> str:
    """How `forward` reaches a submodule: `self.encoder`, `self.encoder["down"]`, or by its whole path."""
    if len(path) == 1:
        return f"self.{path[0]}"
    return f'self.{path[0]}["{path[1]}"]' if len(path) == 2 else f'self.get_submodule("{".".join(path)}")'
