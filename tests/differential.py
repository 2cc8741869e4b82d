"""Random cases of every layer kind, run by us and by real torch on the CPU, and compared.

Arguments are drawn from the kind's own fields, inputs from its `sample_inputs`. A case agrees when both
refuse, or both accept with the same shape, parameters and (where torch counts them) MACs. An output with
no element counts as a refusal, as the engine refuses it on purpose.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from random import Random
from typing import Any, NamedTuple

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import shapecalc.layers
from shapecalc.layer import KINDS, Layer, Needs, Shape
from shapecalc.problem import ShapeError, SpecError
from shapecalc.sorts import INFER

assert shapecalc.layers
MOST_ELEMENTS = 4_000_000
#: kinds whose only kernel torch's counter does not know
UNCOUNTED = ("Bilinear",)


class Case(NamedTuple):
    """A kind with its arguments by name and its inputs' shapes."""

    kind: str
    arguments: dict[str, Any]
    inputs: tuple[Shape, ...]

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.kind}({arguments}) on {', '.join(map(str, self.inputs))}"


class Outcome(NamedTuple):
    """What came of a case: a shape, or the refusal's text."""

    shape: Shape | None
    refusal: str = ""
    parameters: int = 0
    macs: int = 0


def draw(cls: type[Layer], random: Random) -> Case:
    """A case of this kind: inputs first, so that channels and features mostly fit them."""
    inputs = cls.sample_inputs(random)
    arguments: dict[str, Any] = {}
    for name, field in cls.fields.items():
        if not field.required and random.random() < 0.4:
            continue
        arguments[name] = field.sort.sample(random, cls.rank)
        if field.sort.axis is not None and random.random() < 0.9 and len(inputs[field.sort.source]) > 1:
            arguments[name] = _fitting(inputs[field.sort.source], field.sort.axis, arguments[name])
    return Case(cls.__name__, arguments, cls.sample_fitting(random, inputs, arguments))


def _fitting(shape: Shape, axis: int, sample: Any) -> Any:
    if not -len(shape) <= axis < len(shape):
        return sample
    return (shape[axis],) if isinstance(sample, tuple) else shape[axis]


def ours(case: Case, macs: bool = False) -> Outcome:
    """The engine's verdict."""
    try:
        layer = KINDS[case.kind](**case.arguments)
        if layer.open:
            layer = layer.resolved(*case.inputs)
        out = layer.shape(Needs(), *case.inputs)
    except SpecError as error:
        raise AssertionError(f"{case}: a drawn argument was not understood: {error}") from error
    except ShapeError as error:
        return Outcome(None, str(error))
    if 0 in out or any(size < 0 for size in out):
        raise AssertionError(f"{case}: accepted with an empty output {out}")
    counted = layer.macs(out, *case.inputs) if macs else 0
    assert isinstance(counted, int)
    return Outcome(out, "", layer.num_parameters, counted)


def theirs(case: Case, macs: bool = False) -> Outcome:
    """What torch does: a real forward pass of real tensors."""
    cls = KINDS[case.kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with torch.no_grad(), unfused() if macs else nullcontext() as counter:
                out, parameters = _run(cls, case)
        except Exception as error:  # whatever torch raises is its refusal
            return Outcome(None, f"{type(error).__name__}: {error}")
    if 0 in out:
        return Outcome(None, "empty output")
    return Outcome(out, "", parameters, counter.get_total_flops() // 2 if counter else 0)


@contextmanager
def unfused() -> Iterator[FlopCounterMode]:
    """Torch's counter, without the fused kernels in which it sees nothing (LSTM, attention)."""
    plain_lstm, plain_attention = torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH)
    with plain_lstm, plain_attention, FlopCounterMode(display=False) as counter:
        yield counter


def _run(cls: type[Layer], case: Case) -> tuple[Shape, int]:
    tensors = [
        torch.zeros(sizes, dtype=torch.long) if name in cls.integer_inputs else torch.randn(sizes)
        for name, sizes in zip(_input_names(cls, len(case.inputs)), map(_integers, case.inputs))
    ]
    if cls.functional:
        names = [f"x{number}" for number in range(len(tensors))]
        text = cls(**case.arguments).expression(*names)
        return _shape(eval(text, {"torch": torch, "F": torch.nn.functional, **dict(zip(names, tensors))})), 0
    arguments = dict(case.arguments)
    at_call = {name: arguments.pop(name) for name in cls.forward_fields if name in arguments}
    module = getattr(torch.nn, case.kind)(**arguments)
    out = _shape(module(*tensors, **at_call))
    return out, sum(parameter.numel() for parameter in module.parameters())


def _integers(shape: Shape) -> tuple[int, ...]:
    return tuple(int(size) for size in shape)


def _input_names(cls: type[Layer], count: int) -> Iterator[str]:
    for name in cls.inputs:
        if name.startswith("*"):
            yield from [name[1:]] * count
        else:
            yield name


def _shape(out: Any) -> Shape:
    return tuple(out.shape) if isinstance(out, torch.Tensor) else _shape(out[0])


def drops_channels_silently(case: Case) -> bool:
    """Whether torch runs a lazy transposed convolution whose groups do not divide the channels.

    Its lazy constructor skips the check that `ConvTranspose2d` makes, and channels vanish: 5 asked for, 3
    returned. The engine refuses these on purpose.
    """
    if not case.kind.startswith("LazyConvTranspose"):
        return False
    groups = case.arguments.get("groups", 1)
    channels = case.inputs[0][-KINDS[case.kind].rank - 1]
    return bool(channels % groups or case.arguments["out_channels"] % groups)


def wraps_what_is_not_there(case: Case) -> bool:
    """Whether a circular pad on one side is larger than what a crop on the other side leaves to wrap around.

    Torch then copies from memory that it has not written yet, and says nothing, unless batch and channels
    are 1: `F.pad(x, (4, -3), 'circular')` of 2x3x5. The engine refuses these on purpose.
    """
    if not ("Circular" in case.kind or (case.kind == "Pad" and case.arguments.get("mode") == "circular")):
        return False
    padding = case.arguments.get("padding", case.arguments.get("pad", 0))
    padding = padding if isinstance(padding, tuple) else (padding,) * (2 * KINDS[case.kind].rank)
    sides = zip(reversed(case.inputs[0]), padding[::2], padding[1::2])
    return any(left * right < 0 and max(left, right) > size + min(left, right) for size, left, right in sides)


def small_enough(case: Case) -> bool:
    """Whether torch can run the case in little memory."""
    bound = max(math.prod(int(size) for size in shape) for shape in case.inputs)
    return bound <= MOST_ELEMENTS


def compare(case: Case, macs: bool = False) -> str | None:
    """None when both agree, else what differs."""
    mine, real = ours(case, macs), theirs(case, macs)
    if mine.shape != real.shape:
        return f"{case}\n  ours:  {mine.shape or mine.refusal}\n  torch: {real.shape or real.refusal}"
    if mine.parameters != real.parameters:
        return f"{case}\n  parameters: ours {mine.parameters}, torch {real.parameters}"
    if macs and mine.macs != real.macs and case.kind not in UNCOUNTED:
        return f"{case}\n  MACs: ours {mine.macs}, torch {real.macs}"
    return None


def run(kinds: list[str], cases: int, seed: int) -> tuple[int, int, list[str]]:
    """(accepted, refused, disagreements) over `cases` cases of each kind; every fourth case counts MACs."""
    accepted, disagreements = 0, []
    for kind in kinds:
        random = Random(f"{seed} {kind}")
        for number in range(cases):
            case = draw(KINDS[kind], random)
            if not small_enough(case) or drops_channels_silently(case) or wraps_what_is_not_there(case):
                continue
            macs = number % 4 == 0
            found = compare(case, macs)
            if found:
                disagreements.append(found)
            accepted += ours(case).shape is not None
    return accepted, len(kinds) * cases - accepted, disagreements


if __name__ == "__main__":
    import sys

    names = sys.argv[3:] or sorted(KINDS)
    accepted, refused, disagreements = run(names, int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(disagreements[:20]))
    print(f"{len(names)} kinds: {accepted} accepted, {refused} refused, {len(disagreements)} disagreements")
    assert INFER is not None
