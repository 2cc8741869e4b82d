"""How autograd meets a forward: pauses, detached tensors, copies, checkpoints, frozen weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from torch.utils import checkpoint

from ...recording import RECORDED, Recording, Region, Through
from ...tensors import Tensors, made
from .value import Value, leaves, note

if TYPE_CHECKING:
    from .recorder import Recorder

#: Calls that name the type that they convert to.
_TYPES = {"float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16"}


def trained(module: nn.Module) -> dict[str, bool | None]:
    """Which parameters of a module are trained, in the words of a `Recording`."""
    own = {name: one.requires_grad for name, one in module.named_parameters()}
    if not own or all(own.values()):
        return {}
    weights = own["weight"] if set(own) <= {"weight", "bias"} and "weight" in own else None
    return {"learns": any(own.values()), "weights": weights if any(own.values()) else False}


class Gradients:
    """What a recorder knows of autograd: the checkpoint that the forward is in, and what tensors went through."""

    def __init__(self, rec: Recorder) -> None:
        self.rec = rec
        #: the checkpoint that is open; within one that is not reentrant, that one
        self.region: Region | None = None
        self.keys = 0

    def recording(self) -> Recording:
        """What stands around a call."""
        enabled, more = torch.is_grad_enabled(), torch.is_autocast_enabled("cpu") or _has_hooks()
        if enabled and self.region is None and not more:
            return RECORDED
        return Recording(enabled, region=self.region, more=more)

    def key(self) -> int:
        """A number that no other copy or checkpoint has."""
        self.keys += 1
        return self.keys

    def through(self, how: str, value: Value, region: Region | None = None) -> Value:
        """A tensor behind a step that is no row."""
        paused = not torch.is_grad_enabled()
        return value.gone_through(Through(self.key(), how, value.through, region, paused=paused))

    def given(self, tensor: torch.Tensor) -> torch.Tensor:
        """An input that is not the first, or is of integers."""
        value = self.rec.value(tensor)
        assert value is not None
        width = None if tensor.dtype.is_floating_point else tensor.element_size()
        value.through = Through(self.key(), "input", shape=value.shape, width=width)
        return tensor

    def aliased(
        self, name: str, value: Value, args: tuple[Any, ...], kwargs: dict[str, Any], result: torch.Tensor
    ) -> Value:
        """What is known of the result of a call that gives the same tensor, or its copy."""
        if name in ("data", "detach", "detach_"):
            return self.through("detach", value)
        if name == "requires_grad_":
            leaf = {"requires_grad": True, **dict(zip(("self", "requires_grad"), args)), **kwargs}
            return self.through("leaf" if leaf["requires_grad"] else "detach", value)
        given = [*args[1:], *kwargs.values()]
        wanted = next((one for one in given if isinstance(one, torch.dtype)), None)
        named = _TYPES.get(name) or (str(wanted).removeprefix("torch.") if wanted else None)
        if not result.dtype.is_floating_point or not args[0].dtype.is_floating_point:
            if result.dtype == args[0].dtype and name != "clone":
                return value
            is_certain = name in _TYPES or not result.dtype.is_floating_point
            width = result.element_size() if is_certain else None
            copy = value.gone_through(Through(self.key(), "clone", value.through, width=width))
            if wanted and result.dtype.is_floating_point:
                copy = self.through(str(wanted).removeprefix("torch."), copy)
            return self.through("detach", copy)
        if result.dtype != args[0].dtype or named is not None:
            value = self.through(named or str(result.dtype).removeprefix("torch."), value)
        formats = [one for one in given if isinstance(one, torch.memory_format)]
        layout = next((one for one in formats if one is not torch.preserve_format), None)
        if name == "clone" or kwargs.get("copy"):
            value = self.through("clone", value)
        if layout is torch.contiguous_format or (name == "contiguous" and layout is None):
            value = self.through("contiguous", value)
        elif layout is not None:
            value = self.through("channels_last", value)
        return value

    def has_gradient(self, tensor: torch.Tensor) -> bool:
        """Whether autograd would follow a tensor of the forward."""
        rec, value = self.rec, self.rec.value(tensor)
        assert value is not None
        if value.is_constant:
            return value.learned
        tensors = Tensors("float32")
        for one in made(rec.shape_in, rec.steps, rec.nodes, tensors):
            del one
        source = value.source or 0
        return tensor.dtype.is_floating_point and tensors.at(source, value.through).has_gradient

    @contextmanager
    def within(self, args: tuple[Any, ...], reentrant: bool, known: bool = True) -> Iterator[Region]:
        """A checkpoint: while it is open, rows are in its region."""
        tensors = [leaf for leaf in args if isinstance(leaf, torch.Tensor)]
        values = [self.rec.value(tensor) for tensor in tensors]
        strange = any(
            (value is None or value.source is None) and id(tensor) not in self.rec.names
            for tensor, value in zip(tensors, values)
        )
        arguments = tuple(
            (value.source, value.through) for value in values if value and value.source is not None
        )
        outer = self.region
        region = Region(self.key(), arguments, reentrant, known and not strange, outer)
        if outer is None or outer.reentrant:
            self.region = region
        try:
            yield region
        finally:
            self.region = outer


def _has_hooks() -> bool:
    """Whether the forward itself decides what becomes of tensors that are kept (`save_on_cpu`)."""
    top = getattr(torch._C._autograd, "_top_saved_tensors_default_hooks", None)
    return top is not None and top(True) is not None


@contextmanager
def checkpoints(rec: Recorder) -> Iterator[None]:
    """While it is open, `torch.utils.checkpoint` runs its functions once, and the recorder knows of it."""
    module = cast(Any, checkpoint)
    whole, pieces = module.CheckpointFunction, module._checkpoint_without_reentrant_generator
    module.CheckpointFunction = _Reentrant(rec)
    module._checkpoint_without_reentrant_generator = _around(rec, pieces)
    try:
        yield
    finally:
        module.CheckpointFunction, module._checkpoint_without_reentrant_generator = whole, pieces


def _around(rec: Recorder, original: Callable[..., Any]) -> Callable[..., Iterator[None]]:
    """What runs around the function of a checkpoint that is not reentrant."""
    signature = inspect.signature(original)

    def around(*args: Any, **kwargs: Any) -> Iterator[None]:
        given = signature.bind(*args, **kwargs).arguments
        known = given.get("context_fn") is checkpoint.noop_context_fn
        if not torch.is_grad_enabled():
            yield
            return
        with rec.gradients.within(given.get("args", ()), False, known):
            yield

    return around


class _Reentrant:
    """In place of the function that a reentrant checkpoint is: it runs under `no_grad`."""

    def __init__(self, rec: Recorder) -> None:
        self.rec = rec

    def apply(self, function: Callable[..., Any], preserve: bool, *args: Any) -> Any:
        gradients = self.rec.gradients
        if not torch.is_grad_enabled():
            return function(*args)
        with gradients.within(args, True) as region, torch.no_grad():
            made = function(*args)
        for tensor in leaves(made):
            value = self.rec.value(tensor) if isinstance(tensor, torch.Tensor) else None
            if value is not None and tensor.dtype.is_floating_point:
                note(tensor, gradients.through("recomputed", value, region))
        return made
