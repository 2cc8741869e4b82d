"""Which profile an architecture has: what it is decides which hazards count."""

from __future__ import annotations

from collections.abc import Iterable

from ..arch import INPUT, Node
from ..trace import Trace


def profile_of(trace: Trace) -> str:
    """`unet` where a decoder joins what stands before it, `ae` for other pairs of encoder and decoder.

    `vae` where the code is sampled from two heads, `gan` for a generator (a code or its projection becomes
    an image), `classifier` where the spatial axes end in features. The spec's `profile:` comes first.
    """
    arch = trace.arch
    if arch.profile is not None:
        return arch.profile
    if arch.contract.mirrors or "decoder" in arch.sections:
        return "unet" if _has_skips(trace) else "vae" if _has_two_heads(trace) else "ae"
    return _by_ends(trace)


def _has_skips(trace: Trace) -> bool:
    """Whether the decoder reads a node of the encoder apart from the code, and not for its size or its indices."""
    decoder = trace.arch.sections.get("decoder", range(0))
    return any(
        INPUT < source < decoder.start and name not in ("like", "indices")
        for number in decoder
        for source, name in _named_sources(trace.arch.nodes[number])
    )


def _named_sources(node: Node) -> Iterable[tuple[int, str]]:
    names = node.layer.inputs
    return ((source, names[min(at, len(names) - 1)]) for at, source in enumerate(node.sources))


def _is_hourglass(trace: Trace) -> bool:
    """Whether a join brings together what went through smaller sizes and what did not."""
    heights = [None if len(step.shape_out) < 3 else step.shape_out[2] for step in trace.steps]
    for number, node in enumerate(trace.arch.nodes):
        first = min(node.sources) - 1
        if type(node.layer).__name__ not in ("Cat", "Add") or first < 0:
            continue
        own = heights[first]
        between = [height for height in heights[first + 1 : number] if isinstance(height, int)]
        if isinstance(own, int) and heights[number] == own and between and min(between) < own:
            return True
    return False


def _has_two_heads(trace: Trace) -> bool:
    """Whether the code splits into a mean and a log-variance: two layers of one kind read one node, or two parts it."""
    arch = trace.arch
    decoder = arch.sections.get("decoder", range(0))
    seen = set()
    for number in range(decoder.start):
        node = arch.nodes[number]
        if node.layer.role == "weights":
            key = (node.sources, repr(node.layer))
            if key in seen:
                return True
            seen.add(key)
    parts = ("Split", "Chunk", "Slice")
    learned = [number for number in range(decoder.start) if arch.nodes[number].layer.role == "weights"]
    codes = {(decoder.start,), *((number + 1,) for number in learned[-1:])}
    halves = [node for node in arch.nodes if node.sources in codes and type(node.layer).__name__ in parts]
    return len(halves) == 2


def _by_ends(trace: Trace) -> str:
    first, last = trace.shape_in, trace.shape_out
    if last is None or not trace.steps:
        return "other"
    if len(first) == len(last) > 2 and _is_hourglass(trace):
        return "unet"
    kinds = {type(step.layer).__name__ for step in trace.steps}
    if len(first) > 2 and len(last) == 2:
        return "classifier"
    if any(kind.startswith("ConvTranspose") for kind in kinds) and _grows(trace):
        return "gan"
    return "other"


def _grows(trace: Trace) -> bool:
    """Whether no layer makes a spatial axis smaller, and some layer makes one larger."""
    sizes = [
        (step.shapes_in[0][2:], step.shape_out[2:])
        for step in trace.steps
        if step.shapes_in and len(step.shapes_in[0]) == len(step.shape_out) > 2
    ]
    known = [(a, b) for pair in sizes for a, b in zip(*pair) if isinstance(a, int) and isinstance(b, int)]
    return any(a < b for a, b in known) and not any(a > b for a, b in known)
