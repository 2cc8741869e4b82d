"""One run of a model's forward, on tensors without data."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import torch
from torch import nn

from ...arch import INPUT, Origin
from ...layer import Shape
from ...problem import NO_INPUT, SpecError
from ...shapes import N
from . import sections
from .calls import intercepted
from .gradients import checkpoints
from .modules import kind_of
from .recorder import Recorder
from .state import kept


class Source(NamedTuple):
    """The file that a model is written in."""

    path: str | None
    text: str | None


class Model(NamedTuple):
    """What is captured: the module, its inputs after the first, and what is known of its making."""

    module: nn.Module
    others: Mapping[str, Shape] | Sequence[Shape]
    dtypes: Sequence[Any]
    batch: int | None
    origins: Mapping[str, Origin]
    source: Source


class Run(NamedTuple):
    """One forward: the rows, how it ended, and what it asked of sizes and data."""

    rec: Recorder
    returned: Any
    failure: BaseException | None
    changed: tuple[str, ...]


def run_forward(rec: Recorder, model: Model, shape: Shape) -> Run:
    """Run the forward once. The model, the random numbers and torch are left as they were.

    What the forward prints goes to stderr: stdout may be a report's.
    """
    changed: list[str] = []
    returned: Any = None
    failure: Exception | None = None
    with kept(model.module, changed), torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _without_hooks(model.module)
        marked = sections.marked(rec, model.module)
        arguments = _arguments(rec, model, shape)
        with intercepted(rec), checkpoints(rec), rec, redirect_stdout(sys.stderr):
            try:
                if isinstance(arguments, dict):
                    returned = model.module(rec.first, **arguments)
                else:
                    returned = model.module(rec.first, *arguments)
            except Exception as error:
                failure = error
    changed = [name for name in changed if name not in marked]
    return Run(rec, returned, failure, tuple(changed))


def _without_hooks(model: nn.Module) -> None:
    """Hooks of torch that would make or change weights do nothing to shapes; they come back with `kept`."""
    for module in model.modules():
        if isinstance(module, nn.modules.lazy.LazyModuleMixin):
            module._forward_pre_hooks.clear()
            module._forward_pre_hooks_with_kwargs.clear()
        for key, hook in list(module._forward_pre_hooks.items()):
            if type(hook).__module__.startswith("torch.nn.utils") and kind_of(module):
                del module._forward_pre_hooks[key]


def _arguments(rec: Recorder, model: Model, shape: Shape) -> list[Any] | dict[str, Any]:
    """The first tensor, noted on the recorder, and the others."""
    dtypes = [*model.dtypes, *[None] * (1 + len(model.others) - len(model.dtypes))]
    rec.first, rec.shape_in = rec.tensor(shape, INPUT, dtypes[0]), shape
    if not rec.first.dtype.is_floating_point:
        rec.gradients.given(rec.first)
    batch = shape[0] if shape and isinstance(shape[0], int) else N
    named = model.others.items() if isinstance(model.others, Mapping) else enumerate(model.others, 2)
    made = {}
    for (name, other), dtype in zip(named, dtypes[1:]):
        other = tuple(batch if size == N else size for size in other)
        made[name] = rec.gradients.given(rec.tensor(other, INPUT, dtype))
    return list(made.values()) if not isinstance(model.others, Mapping) else made  # type: ignore[return-value]


def dtype_of(given: Any) -> torch.dtype | None:
    """A dtype by itself or by its name. Raises `SpecError`."""
    if given is None or isinstance(given, torch.dtype):
        return given
    found = getattr(torch, str(given).removeprefix("torch."), None)
    if not isinstance(found, torch.dtype):
        raise SpecError(NO_INPUT, f"torch has no dtype `{given}`")
    return found
