"""How a run ends before its end."""

from __future__ import annotations

from ...arch import Node
from ...layer import Shape
from ...problem import Problem
from .frames import Spot


class Refusal(RuntimeError):
    """A call that torch would refuse. The forward may catch it, as it may catch torch's own."""

    def __init__(self, node: Node, ins: tuple[Shape, ...], problem: Problem) -> None:
        super().__init__(problem.message)
        self.node, self.ins, self.problem = node, ins, problem


class NeedsData(RuntimeError):
    """The forward asks for the values of a tensor."""

    def __init__(self, what: str, spot: Spot) -> None:
        super().__init__(what)
        self.what, self.spot = what, spot
