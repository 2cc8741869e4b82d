"""A guard on losses: a target that torch would broadcast against the output is refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ...problem import BROADCAST_LOSS, ShapeError
from ..loss import ELEMENTWISE, check_loss

#: The losses by torch's own functions, whatever name they were imported under.
_LOSSES = {getattr(torch.nn.functional, name): name for name in (*ELEMENTWISE, "kl_div")}


class LossGuard(TorchFunctionMode):
    """While it is on, `mse_loss` and the like raise `ShapeError` instead of broadcasting in silence.

    Losses that are written out, as `((a - b) ** 2).mean()`, are arithmetic like any other, and not seen.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compare the shapes of a loss, then let torch compute it."""
        given = dict(kwargs or {})
        name = _LOSSES.get(func)
        if name is not None:
            names = list(inspect.signature(func).parameters)[:2]
            output, target = (args[at] if at < len(args) else given[key] for at, key in enumerate(names))
            for problem in check_loss(name, tuple(output.shape), tuple(target.shape)):
                if problem.code == BROADCAST_LOSS:
                    raise ShapeError(problem._replace(severity="error"))
        return func(*args, **given)
