"""What the capture knows of a tensor: its shape in formulas, and the row that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from ...layer import Layer, Shape
from ...recording import Through

_NAME = "_shapecalc_value"


class Value:
    """A tensor's shape, and its source as nodes count them: None of a parameter or of what is made from such alone.

    A further output gets its row when it is first read.
    """

    __slots__ = (
        "_source",
        "is_guess",
        "is_own",
        "learned",
        "made_of_parameters",
        "owner",
        "pooled",
        "shape",
        "through",
    )

    def __init__(self, owner: object, shape: Shape, source: int | Callable[[], int | None] | None) -> None:
        self.owner, self.shape, self._source = owner, shape, source
        #: whether the tensor came into being where no call was seen
        self.is_guess = False
        #: whether autograd follows it: a parameter, or what is made from parameters alone
        self.learned = self.made_of_parameters = False
        #: whether it is a parameter or a buffer, or a view of one, which is not counted as kept
        self.is_own = False
        #: what the tensor went through since its row, as autograd sees it
        self.through: Through | None = None
        #: of a max pool's output: the pool and what it took, for the check of an unpool
        self.pooled: tuple[Layer, Shape] | None = None

    def gone_through(self, through: Through) -> Value:
        """What is known of the tensor behind a `detach`, a copy and the like."""
        value = Value(self.owner, self.shape, None if self.is_constant else lambda: self.source)
        value.through, value.is_guess, value.pooled = through, self.is_guess, self.pooled
        value.learned = through.how == "leaf" or (self.learned and through.how != "detach")
        same = through.how in ("leaf", "detach")
        value.is_own = self.is_own and same
        value.made_of_parameters = self.made_of_parameters or (self.is_constant and not same)
        return value

    @property
    def is_constant(self) -> bool:
        """Whether no row makes it, nor will."""
        return self._source is None

    @property
    def source(self) -> int | None:
        if callable(self._source):
            self._source = self._source()
        return self._source


def value_of(tensor: torch.Tensor, owner: object) -> Value | None:
    """What a recorder noted on a tensor; None for one that it did not make."""
    value: Value | None = tensor.__dict__.get(_NAME)
    return value if value is not None and value.owner is owner else None


def noted_shape(tensor: torch.Tensor) -> Shape:
    """The tensor's shape: in formulas, where a recorder noted it."""
    value: Value | None = tensor.__dict__.get(_NAME)
    return tuple(tensor.shape) if value is None else value.shape


def note(tensor: torch.Tensor, value: Value) -> torch.Tensor:
    """The tensor, with what is known of it noted on it."""
    tensor.__dict__[_NAME] = value
    return tensor


def has_shape(parameter: torch.Tensor) -> bool:
    """Whether a Lazy module has made it already."""
    return not isinstance(parameter, torch.nn.UninitializedParameter)


def is_parametrized(module: torch.nn.Module) -> bool:
    """Whether its weights are computed from others: by a parametrization, or by the older hooks."""
    older = any(name.endswith(("_orig", "_g", "_v")) for name in module._parameters)
    return older or "parametrizations" in module._modules


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The tree of tuples, lists, dicts and slices with every leaf changed."""
    if isinstance(tree, tuple):
        items = [mapped(item, change) for item in tree]
        if type(tree) is tuple:
            return tuple(items)
        if type(tree) is torch.Size:  # `x.new(y.size())` and `x.new((2, 3))` are not the same
            return torch.Size(items)
        return type(tree)(*items) if hasattr(tree, "_fields") else _structseq(tree, items)
    if type(tree) is list:
        return [mapped(item, change) for item in tree]
    if type(tree) is dict:
        return {name: mapped(item, change) for name, item in tree.items()}
    if type(tree) is slice:
        return slice(*(mapped(item, change) for item in (tree.start, tree.stop, tree.step)))
    return change(tree)


def _structseq(tree: Any, items: list[Any]) -> Any:
    """`torch.return_types.max` and the like are made from one sequence."""
    try:
        return type(tree)(items)
    except TypeError:
        return tuple(items)


def leaves(tree: Any) -> Iterator[Any]:
    """Every leaf, in order."""
    if isinstance(tree, (tuple, list)):
        for item in tree:
            yield from leaves(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from leaves(item)
    elif type(tree) is slice:
        yield from (tree.start, tree.stop, tree.step)
    else:
        yield tree
