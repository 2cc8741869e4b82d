"""Layer shape calculator and architecture linter for PyTorch networks.

>>> import shapecalc as sc
>>> sc.output_shape("Conv2d(1, 32, 5, stride=2)", "1x28x28")
(32, 12, 12)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from .arch import Arch as Arch
from .layer import Layer as Layer
from .problem import Problem as Problem
from .problem import ShapeError as ShapeError
from .problem import SpecError as SpecError
from .shapes import sample as _sample
from .shapes import whole_shape as _whole_shape
from .size import Size as Size
from .trace import Step as Step
from .trace import Trace as Trace
from .trace import run as _run
from .trace import trace as trace
from .version import __version__ as __version__

if TYPE_CHECKING:
    from torch.nn import Module

    from .comparison import Comparison
    from .fixing import Fixed
    from .input_sizes import Sizes
    from .mirroring.proposal import Proposal
    from .report import Report


def output_shape(
    target: str | Layer | Arch | Module, *inputs: str | int | Sequence[Size]
) -> tuple[Size, ...]:
    """The shape that a layer (as text or value), an architecture or a module returns, as a sample without the batch.

    `inputs` are samples like `"1x28x28"` or `(1, 28, 28)`, one for each tensor that the layer takes. Raises
    `ShapeError` where torch would refuse.

    >>> output_shape("ConvTranspose2d(16, 1, 3, stride=2, padding=1)", (16, 14, 14))
    (1, 27, 27)
    """
    if isinstance(target, str):
        from .read.layer_text import parse_layer

        target = parse_layer(target)
    if isinstance(target, Layer):
        _, out, _ = _run(target, tuple(_whole_shape(shape) for shape in inputs))
        return _sample(out)
    arch = target if isinstance(target, Arch) else from_module(target, list(inputs))
    traced = trace(arch, *inputs) if arch is target else trace(arch)
    if traced.output is None:
        raise ShapeError(traced.problems[0])
    return traced.output


def from_module(
    model: Module,
    input: str | int | Sequence[Any] | Mapping[str, Any] | None = None,
    dtype: Any = None,
    batch: int | None = None,
) -> Arch:
    """The architecture of a `torch.nn.Module`: its forward is run once, on tensors that have shapes and no data.

    `input` is a sample, a list of samples where forward takes several tensors, or a dict of samples by the names of
    its arguments (those after the first are passed by name); `dtype` is the first input's, or a list. The batch is
    the symbol `N`, unless it is given: then what fails for that number of samples only is found too. The module, its
    mode and the state of the random numbers stay as they are. An architecture that cannot run holds the rows up to
    the call that fails. Raises `SpecError` where `input` is no shape. How it is done: docs/modules.md.
    """
    from .read.module import from_module

    return from_module(model, input, dtype, batch)


def to_spec(arch: Arch) -> str:
    """An architecture as the text of a spec file, which reads back equal.

    Raises `SpecError` where some row of a module's forward is nothing that a spec can say.
    """
    from .write.spec import to_spec

    return to_spec(arch)


def check_loss(name: str, output: Sequence[Size], target: Sequence[Size]) -> list[Problem]:
    """What a loss does with the shapes of an output and its target, batch included: nothing, a refusal, a broadcast.

    `name` is a function of `torch.nn.functional` or the class of `torch.nn`.

    >>> print(check_loss("mse_loss", (32, 1, 10, 474), (32, 10, 474))[0].message)
    `mse_loss` broadcasts 32x1x10x474 against 32x10x474 to 32x32x10x474
    """
    from .read.loss import check_loss

    return check_loss(name, output, target)


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
    target: str | PathLike[str] | Arch | Module,
    input: str | int | Sequence[Size] | None = None,
    set: Mapping[str, int | float] | None = None,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    profile: str | None = None,
) -> Report:
    """Trace an architecture (or a spec file's path), judge its contract and lint it; every problem with its repair.

    `select` replaces the rules that are on by default and `ignore` takes rules away: lists of codes (`"SHP302"`),
    their beginnings or names. `profile` says what the architecture is (`ae`, `vae`, `unet`, `gan`, `classifier`,
    `other`) where it is not to be found out. No configuration file is read. Raises `ValueError` for a rule or
    profile that there is not.

    A spec that cannot be understood is a report with that problem. Raises `OSError` where the file cannot
    be read, and `SpecError` where `input` is no shape or none is known.
    """
    from .lint.selectors import selection
    from .report import check

    chosen = selection(select, ignore, profile)
    if not isinstance(target, (str, PathLike, Arch)):
        return check(from_module(target, input), None, set, chosen)
    return check(target, input, set, chosen)


def sizes(arch: Arch | Module, input: str | int | Sequence[Size] | None = None) -> Sizes:
    """The input sizes for which an architecture runs, and those for which its contract holds.

    `input` says with letters which axes are free: `"1xHxW"`; None frees the axes after the channels. Raises
    `SpecError` where no input is known.
    """
    from .input_sizes import sizes

    return sizes(arch, input) if isinstance(arch, Arch) else sizes(from_module(arch, input))


def mirror(
    arch: Arch | Module,
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

    return proposals(arch if isinstance(arch, Arch) else from_module(arch, input), input, style, skips)


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
    input is known, or some row of a module's forward is nothing that a module of layers can say.
    """
    from .write.torch import module_text

    return module_text(arch, input, any_size, vae, train)


def compare(
    a: str | PathLike[str] | Arch | Module,
    b: str | PathLike[str] | Arch | Module | None = None,
    input: str | int | Sequence[Size] | None = None,
    other_input: str | int | Sequence[Size] | None = None,
) -> Comparison:
    """Two networks side by side, or one at two inputs (`b` None): `.same_shapes .rows .findings .to_json()`, `str()`.

    `input` is for both, unless `other_input` is given. Raises `SpecError` where a spec cannot be understood or an
    input is unknown, and `OSError` where a file cannot be read.

    >>> found = compare(loads("layers: ['Conv2d(1, 8, 3)']"), input="1x28x28", other_input="1x32x32")
    >>> found.same_shapes, [side.output for side in found.sides]
    (False, [(8, 26, 26), (8, 30, 30)])
    """
    from .comparison import compared

    first, second = check(a, input), check(a if b is None else b, other_input or input)
    for report in (first, second):
        if report.trace is None:
            why = report.problems[0]
            raise SpecError(why.code, why.message, why.place, why.note, why.help, why.argument)
    return compared(first, second)
