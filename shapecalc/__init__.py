"""Layer shape calculator and architecture linter for PyTorch networks.

>>> import shapecalc as sc
>>> sc.output_shape("Conv2d(1, 32, 5, stride=2)", "1x28x28")
(32, 12, 12)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .arch import Arch as Arch
from .layer import Layer as Layer
from .problem import Problem as Problem
from .problem import ShapeError as ShapeError
from .problem import SpecError as SpecError
from .shapes import sample, whole_shape
from .size import Size
from .trace import Step as Step
from .trace import Trace as Trace
from .trace import run
from .trace import trace as trace
from .version import __version__ as __version__

if TYPE_CHECKING:
    from os import PathLike

    from .fixing import Fixed
    from .input_sizes import Sizes
    from .mirroring.proposal import Proposal
    from .report import Report


def output_shape(target: str | Layer | Arch, *inputs: str | int | Sequence[Size]) -> tuple[Size, ...]:
    """The shape that a layer (as text or value) or an architecture returns, as a sample without the batch.

    `inputs` are samples like `"1x28x28"` or `(1, 28, 28)`, one for each tensor that the layer takes. Raises
    `ShapeError` where torch would refuse.

    >>> output_shape("ConvTranspose2d(16, 1, 3, stride=2, padding=1)", (16, 14, 14))
    (1, 27, 27)
    """
    if isinstance(target, str):
        from .read.layer_text import parse_layer

        target = parse_layer(target)
    if isinstance(target, Layer):
        _, out, _ = run(target, tuple(whole_shape(shape) for shape in inputs))
        return sample(out)
    traced = trace(target, *inputs)
    if traced.output is None:
        raise ShapeError(traced.problems[0])
    return traced.output


def load(path: str | PathLike[str], set: Mapping[str, int | float] | None = None) -> Arch:
    """The architecture in a spec file; `set` overrides its `vars`.

    Raises `SpecError` with its place, and `OSError` where the file cannot be read.
    """
    from .read.spec import load

    return load(path, set)


def loads(text: str, set: Mapping[str, int | float] | None = None) -> Arch:
    """The architecture that a spec's text describes; `set` overrides its `vars`. Raises `SpecError`."""
    from .read.spec import loads

    return loads(text, None, set)


def check(
    target: str | PathLike[str] | Arch,
    input: str | int | Sequence[Size] | None = None,
    set: Mapping[str, int | float] | None = None,
) -> Report:
    """Trace an architecture (or a spec file's path) and judge its contract; every problem with its repair.

    A spec that cannot be understood is a report with that problem. Raises `OSError` where the file cannot
    be read, and `SpecError` where `input` is no shape or none is known.
    """
    from .report import check

    return check(target, input, set)


def sizes(arch: Arch, input: str | int | Sequence[Size] | None = None) -> Sizes:
    """The input sizes for which an architecture runs, and those for which its contract holds.

    `input` says with letters which axes are free: `"1xHxW"`; None frees the axes after the channels. Raises
    `SpecError` where no input is known.
    """
    from .input_sizes import sizes

    return sizes(arch, input)


def mirror(
    arch: Arch,
    input: str | int | Sequence[Size] | None = None,
    style: str | None = None,
    skips: bool = False,
) -> list[Proposal]:
    """Decoders that return exactly what an encoder (or plain `layers`) takes, best first, each traced.

    `style` is one of transpose, smooth, resize, pixelshuffle, unpool (None: all of them); `skips` joins the encoder's
    tensors, as a U-Net does. Where the input has letters, or none is known, the decoders are exact for every size.
    Raises `ShapeError` where the encoder does not run, and `SpecError` where there is nothing to mirror.

    >>> best = mirror(loads("encoder: ['Conv2d(1, 8, 3, stride=2, padding=1)']"), "1x10x474", "transpose")[0]
    >>> best.decoder[0].layer, best.output
    (ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1), (1, 10, 474))
    >>> best.exact_for
    'H ≡ 0 (mod 2) and W ≡ 0 (mod 2)'
    """
    from .mirroring.proposal import proposals

    return proposals(arch, input, style, skips)


def fix(
    path_or_text: str | PathLike[str],
    input: str | int | Sequence[Size] | None = None,
    unsafe: bool = False,
    set: Mapping[str, int | float] | None = None,
) -> Fixed:
    """Mend a spec (a file's path, or the text itself where it has several lines): `.text .applied .left`.

    Only safe repairs are made, those that change nothing that is learned, unless `unsafe` is true. Nothing
    is written. Raises `SpecError` as `check` does, and `OSError` where the file cannot be read.
    """
    from .fixing import fixed

    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return fixed(path_or_text, None, input, unsafe, set)
    from .read.decode import decode

    with open(path_or_text, "rb") as file:
        return fixed(decode(file.read()), str(path_or_text), input, unsafe, set)


def emit(
    arch: Arch,
    input: str | int | Sequence[Size] | None = None,
    any_size: bool = False,
    vae: bool = False,
    train: bool = False,
) -> str:
    """An architecture as the text of one Python file: a `torch.nn.Module` that needs torch alone.

    With `any_size` the decoder is told which sizes to return, so that every size that runs comes back; with
    `vae` the code gets a mean and a log-variance; with `train` the file has a training loop. Raises
    `ShapeError` where the architecture cannot run, or cannot be what is wished, and `SpecError` where no
    input is known.
    """
    from .write.torch import module_text

    return module_text(arch, input, any_size, vae, train)
