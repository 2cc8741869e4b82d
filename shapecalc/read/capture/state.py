"""All left as it was found: what a forward changes in its model, torch's own classes, the random numbers."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def kept(model: nn.Module, changed: list[str]) -> Iterator[None]:
    """Restores attributes, parameters, buffers, hooks and containers of every module, and the random state.

    `changed` gets the names of the attributes that the forward set: a module that mutates itself.
    """
    modules = dict(model.named_modules())
    before = {path: _shallow(module) for path, module in modules.items()}
    try:
        with same_random_numbers():
            yield
    finally:
        for path, module in modules.items():
            changed += _restored(path, module, before[path])


@contextmanager
def same_random_numbers() -> Iterator[None]:
    """Restores the random state of torch, Python and numpy."""
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy else None
    try:
        yield
    finally:
        torch.set_rng_state(torch_state)
        random.setstate(python_state)
        if numpy is not None:
            numpy.random.set_state(numpy_state)


@contextmanager
def replaced(classes: Iterable[type], method: str, other: Callable[[type, Any], Any]) -> Iterator[None]:
    """While it is open, a method of each class is `other(class, method)`."""
    own: list[tuple[type, Any]] = []
    try:
        for cls in classes:
            own.append((cls, cls.__dict__[method]))
            setattr(cls, method, other(cls, cls.__dict__[method]))
        yield
    finally:
        for cls, was in own:
            setattr(cls, method, was)


def _shallow(module: nn.Module) -> dict[str, tuple[Any, Any]]:
    """Each attribute, and a copy of it where it is a container."""
    return {
        name: (value, value.copy() if isinstance(value, (dict, list, set)) else None)
        for name, value in module.__dict__.items()
    }


def _restored(path: str, module: nn.Module, before: dict[str, tuple[Any, Any]]) -> Iterator[str]:
    own, prefix = module.__dict__, f"{path}." if path else ""
    for name in [name for name in own if name not in before]:
        del own[name]
        yield prefix + name
    for name, (value, copy) in before.items():
        if own.get(name, own) is not value:
            own[name] = value
            yield prefix + name
        if copy is None:
            continue
        if not _same(value, copy):
            if not name.endswith("_hooks"):
                yield prefix + name
            value.clear()
            (value.extend if isinstance(value, list) else value.update)(copy)


def _same(value: Any, copy: Any) -> bool:
    """Whether a container holds the very same objects (tensors cannot be asked whether they are equal)."""
    if len(value) != len(copy):
        return False
    if isinstance(value, dict):
        return all(name in copy and copy[name] is item for name, item in value.items())
    if isinstance(value, set):
        return {id(item) for item in value} == {id(item) for item in copy}
    return all(a is b for a, b in zip(value, copy))
