"""Losses: what torch does with the shapes of an output and a target; the silent broadcast above all."""

from __future__ import annotations

from collections.abc import Sequence

from ..problem import BROADCAST_LOSS, JOIN, RAISED, UNKNOWN_NAME, Problem, SpecError
from ..registry import nearest
from ..shapes import Shape
from ..size import Size

#: Losses that compare two tensors number by number, and broadcast them without a word or with a warning only.
ELEMENTWISE = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "gaussian_nll_loss", "poisson_nll_loss")
#: Losses that refuse shapes that differ.
STRICT = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss", "kl_div")
CLASSES = ("cross_entropy", "nll_loss")
_CLASS_NAMES = {
    "mseloss": "mse_loss", "l1loss": "l1_loss", "smoothl1loss": "smooth_l1_loss", "huberloss": "huber_loss",
    "bceloss": "binary_cross_entropy", "bcewithlogitsloss": "binary_cross_entropy_with_logits",
    "crossentropyloss": "cross_entropy", "nllloss": "nll_loss", "kldivloss": "kl_div",
}  # fmt: skip


def check_loss(name: str, output: Sequence[Size], target: Sequence[Size]) -> list[Problem]:
    """See `shapecalc.check_loss`."""
    own = _CLASS_NAMES.get(name.lower(), name)
    a, b = tuple(output), tuple(target)
    if own in CLASSES:
        return _classes(own, a, b)
    if own in STRICT and own != "kl_div":
        return [] if a == b else [_refused(own, a, b, "it takes equal shapes")]
    if own in ELEMENTWISE or own == "kl_div":
        return _elementwise(own, a, b)
    known = (*ELEMENTWISE, *STRICT, *CLASSES)
    near = nearest(name, known)
    raise SpecError(
        UNKNOWN_NAME, f"no loss is called `{name}`", help=f"did you mean `{near}`?" if near else None
    )


def _elementwise(name: str, a: Shape, b: Shape) -> list[Problem]:
    if a == b:
        return []
    rank = max(len(a), len(b))
    left, right = ((1,) * (rank - len(shape)) + shape for shape in (a, b))
    if any(x != y and x != 1 and y != 1 for x, y in zip(left, right)):
        axis = next(n for n in range(rank) if left[n] != right[n] and 1 not in (left[n], right[n]))
        return [_refused(name, a, b, f"axis {axis} is {left[axis]} and {right[axis]}")]
    common = tuple(y if x == 1 else x for x, y in zip(left, right))
    return [
        Problem(
            BROADCAST_LOSS,
            f"`{name}` broadcasts {_text(a)} against {_text(b)} to {_text(common)}",
            note="every number is compared with others than its own, and nothing fails",
            help=_mend(a, b),
            severity="warning",
        )
    ]


def _mend(a: Shape, b: Shape) -> str | None:
    """The reshape that makes them alike."""
    longer, shorter, name = (a, b, "target") if len(a) > len(b) else (b, a, "output")
    for axis, size in enumerate(longer):
        if size == 1 and longer[:axis] + longer[axis + 1 :] == shorter:
            return f"`{name}.unsqueeze({axis})` gives {_text(longer)}"
    return None


def _refused(name: str, a: Shape, b: Shape, why: str) -> Problem:
    return Problem(JOIN, f"`{name}` refuses an output of {_text(a)} and a target of {_text(b)}", note=why)


def _classes(name: str, a: Shape, b: Shape) -> list[Problem]:
    """cross_entropy takes (N, C, ...) and (N, ...), or a target of the output's shape (class probabilities)."""
    if name == "cross_entropy" and a == b:
        return []
    if not a:
        return [Problem(RAISED, f"`{name}` needs an output with axes")]
    wanted = () if len(a) == 1 else (a[0], *a[2:])
    if b == wanted:
        return []
    if a[:1] != b[:1] and len(a) > 1:
        first = b[0] if b else "none"
        return [_refused(name, a, b, f"the output has a batch of {a[0]}, and the target one of {first}")]
    return [
        _refused(
            name, a, b, f"the target must be {_text(wanted)}: a class for each place, without the channels"
        )
    ]


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "scalar"
