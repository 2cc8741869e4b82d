"""What every kind reads, against torch: one number of the input is changed, and the outputs that change are it.

Cases are those of the differential test, in evaluation mode. Of two kinds only some of the possible positions
are read, depending on values or chance; there ours must hold all that torch reads.
"""

from __future__ import annotations

import math
import warnings
from random import Random
from typing import Any

import torch
from differential import (
    Case,
    _input_names,
    draw,
    drops_channels_silently,
    ours,
    theirs,
    wraps_what_is_not_there,
)

import shapecalc.layers
from shapecalc.layer import KINDS
from shapecalc.masks import bits
from shapecalc.reading import Box, backward, forward

assert shapecalc.layers
MOST_NUMBERS, MOST_PLACES = 4000, 24
#: what is read depends on chance, or is told for whole sequences: ours must hold what torch reads
AT_MOST = ("FractionalMaxPool", "RNN", "LSTM", "GRU", "MultiheadAttention", "Transformer")
#: the indices say what is read; see tests/test_field.py
LEFT_OUT = ("MaxUnpool",)
#: arguments with which a kind returns a constant, or no number: `PairwiseDistance(p=0)`, `Softplus(beta=0)`
CONSTANT = (("p", 0), ("beta", 0), ("norm_type", -math.inf))
#: constant where one number is normalized by itself
NORMALIZING = ("Softm", "LogSoftmax", "RMSNorm", "LayerNorm", "GroupNorm", "CosineSimilarity")
RESIZES = ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d", "Interpolate")
#: torch interpolates images of one column with `antialias` along the wrong axis: 27x1 to 24x1 differs from
#: 27x2 to 24x2; seen in torch 2.13
NARROW = 1


def compare(case: Case, random: Random) -> str | None:
    """None where ours is what torch reads, else the first number for which it is not; "" for a case left out."""
    cls = KINDS[case.kind]
    shapes = [tuple(int(size) for size in shape) for shape in case.inputs]
    mine, real = ours(case), theirs(case)
    if mine.shape is None or real.shape != mine.shape or drops_channels_silently(case):
        return ""
    if wraps_what_is_not_there(case) or sum(map(math.prod, shapes)) > MOST_NUMBERS:
        return ""
    if case.arguments.get("antialias") and NARROW in shapes[0][2:]:
        return ""
    if case.kind == "Embedding" and (case.arguments["num_embeddings"] < 2 or case.arguments.get("max_norm")):
        return ""
    if case.kind.startswith(LEFT_OUT) or any(case.arguments.get(name) == value for name, value in CONSTANT):
        return ""
    layer = cls(**case.arguments)
    if layer.open:
        layer = layer.resolved(*case.inputs)
    out = tuple(int(size) for size in mine.shape)
    chains = layer.reads(out, *shapes)
    run, tensors = _ready(case, shapes)
    if run is None:
        return ""
    before = run(*tensors)
    names = list(_input_names(cls, len(shapes)))
    for number, (tensor, chain) in enumerate(zip(tensors, chains)):
        if names[number] in cls.integer_inputs and case.kind != "Embedding":
            continue
        for at in random.sample(range(tensor.numel()), min(tensor.numel(), MOST_PLACES)):
            seen = 0
            for change in (1,) if case.kind == "Embedding" else (50, -50):
                changed = [tensor.clone() for tensor in tensors]
                changed[number].view(-1)[at] += change
                seen |= _changes(before, run(*changed))
            if case.kind.startswith(NORMALIZING) and not seen:
                continue
            place = _place(at, shapes[number])
            told = _flat(forward(chain, place), out)
            if told & seen != seen or (seen != told and not case.kind.startswith(AT_MOST)):
                return (
                    f"{case}: input {number} at {at}: ours {sorted(bits(told))}, torch {sorted(bits(seen))}"
                )
            if text := _way_back(chain, at, told, shapes[number], out, random):
                return f"{case}: input {number} at {at}: {text}"
    return None


def _way_back(
    chain: Any, at: int, told: int, shape: tuple[int, ...], out: tuple[int, ...], random: Random
) -> str | None:
    """Forwards and backwards must say the same."""
    size = math.prod(out)
    for other in random.sample(range(size), min(size, MOST_PLACES // 2)):
        back = _flat(backward(chain, _place(other, out)), shape)
        if (back >> at & 1) != (told >> other & 1):
            return f"output {other} reads {sorted(bits(back))}, which is not the way back"
    return None


def _place(at: int, shape: tuple[int, ...]) -> Box:
    masks = []
    for size in reversed(shape):
        at, place = divmod(at, size)
        masks.append(1 << place)
    return tuple(reversed(masks))


def _flat(boxes: list[Box], shape: tuple[int, ...]) -> int:
    """The boxes' positions as one mask over all numbers of the tensor."""
    flat = torch.zeros(shape or (1,), dtype=torch.bool)
    for box in boxes:
        index = torch.ones((), dtype=torch.bool)
        for mask, size in zip(box, shape):
            along = torch.tensor([bool(mask >> place & 1) for place in range(size)])
            index = index.unsqueeze(-1) & along
        flat |= index.reshape(flat.shape)
    return _mask(flat)


def _mask(flags: torch.Tensor) -> int:
    return sum(1 << at for at in flags.reshape(-1).nonzero().reshape(-1).tolist())


def _changes(before: torch.Tensor, after: torch.Tensor) -> int:
    return _mask(((after - before).abs() > 1e-9) | (after.isnan() != before.isnan()))


def _ready(case: Case, shapes: list[tuple[int, ...]]) -> tuple[Any, list[torch.Tensor]]:
    """The layer in torch with positive weights, and positive numbers to go in."""
    cls = KINDS[case.kind]
    names = list(_input_names(cls, len(shapes)))
    is_nearest = case.kind in RESIZES and "nearest" in str(getattr(cls(**case.arguments), "mode", ""))
    wide = torch.float32 if is_nearest else torch.float64
    tensors = [
        torch.zeros(shape, dtype=torch.long)
        if name in cls.integer_inputs
        else torch.rand(shape, dtype=wide) + 0.5
        for name, shape in zip(names, shapes)
    ]
    arguments = dict(case.arguments)
    if cls.functional:
        spelt = [f"x{number}" for number in range(len(shapes))]
        text = cls(**arguments).expression(*spelt)

        def call(*inputs: torch.Tensor) -> Any:
            given = dict(zip(spelt, inputs))
            return eval(text, {"torch": torch, "F": torch.nn.functional, **given})
    else:
        at_call = {name: arguments.pop(name) for name in cls.forward_fields if name in arguments}
        module = getattr(torch.nn, case.kind)(**arguments).eval()
        module(*[tensor.float() if tensor.is_floating_point() else tensor for tensor in tensors], **at_call)
        module = module.to(wide)
        for parameter in module.parameters():
            torch.nn.init.uniform_(parameter, 0.1, 1)

        def call(*inputs: torch.Tensor) -> Any:
            torch.manual_seed(0)
            return module(*inputs, **at_call)

    def run(*inputs: torch.Tensor) -> Any:
        with torch.no_grad():
            found = call(*[tensor.clone() for tensor in inputs])
        while not isinstance(found, torch.Tensor):
            found = found[0]
        return found.double()

    try:
        run(*tensors)
    except Exception:  # such as a kernel for floats only
        return None, []
    return run, tensors


def run(kinds: list[str], cases: int, seed: int) -> tuple[int, list[str]]:
    """(how many cases were compared, disagreements)."""
    compared, found = 0, []
    torch.set_num_threads(1)
    for kind in kinds:
        random = Random(f"{seed} reading {kind}")
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of shapes that it will refuse one day
            texts = [compare(draw(KINDS[kind], random), random) for _ in range(cases)]
        compared += sum(text != "" for text in texts)
        found += [text for text in texts if text]
    return compared, found


if __name__ == "__main__":
    import sys

    for kind in sys.argv[3:] or sorted(KINDS):
        compared, found = run([kind], int(sys.argv[1]), int(sys.argv[2]))
        if found or not compared:
            print(kind, compared, len(found), *found[:1])
