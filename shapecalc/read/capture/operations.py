"""One call of torch in a forward: its row, and what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from ...arch import INPUT
from ...layer import Shape
from ...size import product
from .dims import Dim
from .names import ALIASES, ASKED, VALUES, name_of
from .operation import Operation
from .recorded import integers
from .refusals import NeedsData, Refusal
from .value import Value, leaves, note

if TYPE_CHECKING:
    from .recorder import Recorder


def call(rec: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer a call: a row, or what the tensor knows of itself."""
    name = name_of(func)
    if rec.quiet:
        return func(*rec.plain(args), **rec.plain(kwargs))
    if func is torch.device:
        return func(*args, **kwargs)
    everything = list(leaves((args, kwargs)))
    tensors = [leaf for leaf in everything if isinstance(leaf, torch.Tensor)]
    own = [tensor for tensor in tensors if rec.value(tensor) is not None]
    if not own and not any(id(tensor) in rec.names for tensor in tensors):
        return _made_here(rec, func, args, kwargs, everything)
    first = tensors[0]
    if name in ("shape", "size"):
        return _size(rec, first, *args[1:], **kwargs)
    if name in ("numel", "nelement"):
        value = rec.value(first)
        return rec.dim(int(func(first)), product(value.shape)) if value else func(first)
    if name == "__len__":
        return func(first)
    if name == "device":
        return torch.device("cpu")
    if name in ("is_meta", "is_cuda", "is_mps", "is_cpu"):
        return name == "is_cpu"
    if name == "requires_grad" and own:
        return rec.gradients.has_gradient(own[0])
    if name in ASKED:
        return func(*args, **kwargs)
    if getattr(func, "__name__", "") == "__set__":
        return func(*args, **kwargs)
    if name in VALUES and (not own or rec.real):
        if own:
            rec.data_spots.append(rec.stack.spot())
            first, args = own[0], rec.plain(args)
            return _wrapped_unknown(rec, name, func(*args, **kwargs), own)
        return func(*args, **kwargs)
    if name in VALUES:
        raise NeedsData(name.strip("_"), rec.stack.spot())
    if name in ALIASES:
        return _alias(rec, func, name, args, kwargs)
    operation = Operation(rec, func, name, args, kwargs)
    try:
        return operation.result()
    except (Refusal, NeedsData):
        raise
    except Exception:  # whatever a rule stumbles over, the forward goes on
        return operation.unknown()


def _made_here(rec: Recorder, func: Any, args: Any, kwargs: dict[str, Any], everything: list[Any]) -> Any:
    """A call without a tensor of this run (`torch.zeros(n, 3)`, `torch.arange(w)`): torch makes it, on the CPU."""
    dims = [leaf for leaf in everything if type(leaf) is Dim]
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": "cpu"}
    if not dims:
        made = func(*args, **kwargs)
        if not any(isinstance(leaf, torch.Tensor) for leaf in everything):
            rec.literal += rec.tensors_in(made)
        return made
    made = func(*integers(args), **integers(kwargs))
    for tensor in leaves(made):
        if isinstance(tensor, torch.Tensor):
            shape = _shape_from(list(tensor.shape), everything)
            if shape is not None:
                note(tensor, Value(rec, shape, None))
                return _without_data(rec, tensor)
    return made


def _without_data(rec: Recorder, tensor: torch.Tensor) -> torch.Tensor:
    if rec.real:
        return tensor
    value = rec.value(tensor)
    assert value is not None
    return note(torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta"), value)


def _shape_from(sizes: list[int], everything: list[Any]) -> Shape | None:
    """The made tensor's sizes in formulas, where each stands among the arguments, in order; None where not."""
    given = [leaf for leaf in everything if isinstance(leaf, int) and not isinstance(leaf, bool)]
    for start in range(len(given) - len(sizes) + 1):
        if [int(size) for size in given[start : start + len(sizes)]] == sizes:
            taken = given[start : start + len(sizes)]
            return tuple(size.size if type(size) is Dim else int(size) for size in taken)
    return None


def _size(rec: Recorder, tensor: torch.Tensor, dim: int | None = None) -> Any:
    value = rec.value(tensor)
    if value is None:
        sizes: list[int] = list(tensor.shape)
    else:
        sizes = [rec.dim(size, formula) for size, formula in zip(tensor.shape, value.shape)]
    return torch.Size(sizes) if dim is None else sizes[dim]


def _alias(rec: Recorder, func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    plain = rec.plain(args)
    value = rec.value(plain[0])
    if name in ("cuda", "cpu", "pin_memory"):
        return plain[0]
    if name == "to":
        plain = tuple(arg for arg in plain if not isinstance(arg, (torch.device, str)))
        kwargs = {key: arg for key, arg in kwargs.items() if key != "device"}
        if len(plain) == 1 and not kwargs:
            return plain[0]
    result = plain[0] if name == "requires_grad_" else func(*plain, **rec.plain(kwargs))
    if not isinstance(result, torch.Tensor) or value is None:
        return result
    known, value = value, rec.gradients.aliased(name, value, plain, kwargs, result)
    if result is plain[0] and name not in ("detach_", "requires_grad_"):
        if value is known:
            return result
        with torch._C.DisableTorchFunction():
            result = result.detach()  # the same tensor, of which something else is known
    return note(result, value)


def _wrapped_unknown(rec: Recorder, name: str, result: Any, own: list[torch.Tensor]) -> Any:
    """What depends on data, as it came out for these data."""
    for tensor in leaves(result):
        if isinstance(tensor, torch.Tensor):
            shape: Shape = tuple(int(size) for size in tensor.shape)
            note(tensor, Value(rec, shape, INPUT))
    return result
