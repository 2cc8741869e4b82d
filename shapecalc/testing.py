"""Assertions on shapes, for any test runner: `shapes`, `assert_shapes`, `assert_restores`, `no_broadcast_loss`.

Nothing runs on data: shapes are traced, and what is asked for "all w" is decided by formulas, not tried.
Targets are spec files' paths, `Arch`s and `torch.nn.Module`s. An input is a sample without its batch where it
is spelled `"1x10x474"`, and whole where it is spelled with spaces, `"4 1 10 474"`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .arch import Arch, Contract
from .counterexample import counterexample, failing_in
from .input_sizes import Sizes
from .pattern import Mismatch, Pattern, PatternError, expected, matched, parse, symbolic
from .problem import ShapeError
from .report import Report, judge
from .shapes import N, Shape, letters, spell, whole_shape
from .size import Size, at
from .trace import Trace, trace

if TYPE_CHECKING:
    import torch

    Target = str | os.PathLike[str] | Arch | torch.nn.Module
else:
    Target = Any


class Shapes:
    """What a network makes of an input; `==` compares it with a pattern, and `difference` says what differs."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, target: Target, input: str | Sequence[Size]) -> None:
        self.batch, shape = _input(input)
        self.trace = trace(architecture(target, shape), shape)
        self.difference: str | None = None

    def __eq__(self, pattern: object) -> bool:
        if not isinstance(pattern, str):
            return NotImplemented
        self.difference = self._compared(parse(pattern))
        return self.difference is None

    def _compared(self, pattern: Pattern) -> str | None:
        if self.trace.shape_out is None:
            return _failed(self.trace)
        ins, out = (self.at_batch(self.trace.shape_in),), self.at_batch(self.trace.shape_out)
        found = matched(pattern, ins, (out,))
        if isinstance(found, list):
            return None
        return _told(found, self.trace, expected(pattern.outputs[0], ins, pattern), self.batch)

    def at_batch(self, shape: Shape) -> Shape:
        """The shape with the batch that was given, if one was."""
        return shape if self.batch is None else tuple(at(size, {"N": self.batch}) for size in shape)

    def layer(self, path: str) -> Layered:
        """What one layer takes and returns, by its path (`encoder.2`). Raises `KeyError` for an unknown one."""
        for number, node in enumerate(self.trace.arch.nodes):
            if node.path == path:
                return Layered(self, number, f"`{path}`")
        raise KeyError(f"no layer is called `{path}`: {', '.join(n.path for n in self.trace.arch.nodes)}")

    @property
    def latent(self) -> Layered:
        """What the decoder is given. Raises `KeyError` for a network without a decoder."""
        decoder = self.trace.arch.sections.get("decoder")
        if not decoder:
            raise KeyError(f"`{self.trace.arch.name}` has no decoder, so no latent")
        return Layered(self, decoder.start - 1, "the latent")

    @property
    def output(self) -> Layered:
        """What comes out."""
        return Layered(self, len(self.trace.arch.nodes) - 1, "the output")

    def __repr__(self) -> str:
        out = self.trace.shape_out
        returned = "cannot run" if out is None else spell(self.at_batch(out))
        return f"<{self.trace.arch.name}: {spell(self.at_batch(self.trace.shape_in))} -> {returned}>"


class Layered:
    """One layer's shapes; compare them with a pattern: `b 64 3 119`, or with the arrow `b 32 5 237 -> b 64 3 119`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, whole: Shapes, number: int, name: str) -> None:
        self.whole, self.number, self.name = whole, number, name
        self.difference: str | None = None

    @property
    def shape(self) -> Shape:
        """What the layer returns, batch first. Raises `ShapeError` where it, or one before it, cannot run."""
        steps = self.whole.trace.steps
        if self.number >= len(steps):
            raise ShapeError(self.whole.trace.problems[0])
        return self.whole.at_batch(steps[self.number].shape_out)

    def __eq__(self, pattern: object) -> bool:
        if not isinstance(pattern, str):
            return NotImplemented
        traced = self.whole.trace
        if self.number >= len(traced.steps):
            self.difference = _failed(traced)
            return False
        ins = [self.whole.at_batch(shape) for shape in traced.steps[self.number].shapes_in]
        found = matched(parse(pattern), ins, (self.shape,))
        self.difference = (
            f"{self.name}: {found.message}\n\n{_table(traced)}" if isinstance(found, Mismatch) else None
        )
        return self.difference is None

    def __repr__(self) -> str:
        steps = self.whole.trace.steps
        return f"<{self.name}: {spell(self.shape) if self.number < len(steps) else 'cannot run'}>"


def shapes(target: Target, input: str | Sequence[Size]) -> Shapes:
    """The shapes of a network for one input; `assert shapes(model, "4 1 10 474") == "b 1 h w -> b 1 h w"`.

    Raises `SpecError` where the target or the input cannot be understood.
    """
    return Shapes(target, input)


def assert_shapes(target: Target, pattern: str, **ranges: Iterable[int]) -> None:
    """Assert a pattern for every size of its names: all those given, or, with none given, all that run at all.

    `assert_shapes(model, "b 1 10 w -> b 1 10 w", w=range(400, 500))` asks that the model runs at all these
    sizes. Without a range the question is decided by formulas, for all integers; sizes at which the model
    does not run do not count, but some must run. Raises `AssertionError` with a size that fails, its table
    and the first wrong row, and `PatternError` for a pattern that is none.
    """
    __tracebackhide__ = True
    parsed = parse(pattern)
    shape = _only(symbolic(parsed), parsed)
    free = [str(size) for size in letters(shape)]
    if set(ranges) - set(free):
        raise PatternError(
            f"`{', '.join(sorted(set(ranges) - set(free)))}` stands nowhere on the left of `{pattern}`"
        )
    arch = architecture(target, shape)
    sizes = Sizes(_promising(arch, parsed, shape), shape)
    wrong = failing_in(ranges, sizes, free) if ranges else counterexample(sizes)
    if wrong is None:
        return
    found = Shapes(arch, _at_sizes(shape, wrong))
    found == pattern  # noqa: B015  fills in the difference
    where = ", ".join(f"{name} = {size}" for name, size in wrong.items())
    raise AssertionError(f"{pattern}\nfails{' at ' * bool(where)}{where}: {found.difference}")


def assert_restores(target: Target, input: str | Sequence[Size]) -> None:
    """Assert that what goes in comes out: at one size (`"1x10x474"`), or at every size that runs (`"1xHxW"`)."""
    __tracebackhide__ = True
    _, shape = _input(input)
    arch = architecture(target, shape)
    arch = arch.with_nodes(arch.nodes, contract=Contract(mirrors=True))
    free = [str(size) for size in letters(shape)]
    others = ""
    if free:
        sizes = Sizes(arch, shape)
        wrong = counterexample(sizes)
        if wrong is None:
            return
        shape = _at_sizes(shape, wrong)
        others = f"; what does: {sizes.holding}" if sizes.holding else "; no size does"
    report = _judged(arch, shape)
    if not report.ok:
        raise AssertionError(f"{spell(shape)} does not come back{others}\n\n{report}")


@contextmanager
def no_broadcast_loss() -> Iterator[None]:
    """Inside, losses refuse a target that torch would broadcast against the output in silence.

    Raises `ShapeError` where `mse_loss` (`nn.MSELoss`, `l1_loss`, ...) is given `(32, 1, 10, 474)` and `(32, 10, 474)`.
    A loss that is written out, as `((a - b) ** 2).mean()`, is not seen.
    """
    from .read.capture.guard import LossGuard

    with LossGuard():
        yield


def architecture(target: Target, shape: Shape | None) -> Arch:
    """The target as an Arch: an Arch itself, a spec file's path, or a module (which wants its input's shape)."""
    if isinstance(target, Arch):
        return target
    if isinstance(target, str | os.PathLike):
        from .read.spec import load

        return load(target)
    from .read.module import from_module

    return from_module(target, shape)


def _input(given: str | Sequence[Size]) -> tuple[int | None, Shape]:
    """The batch, if it is a number, and the whole shape with the batch as `N`."""
    if not isinstance(given, str):
        return None, whole_shape(given)
    if " " not in given.strip():
        return None, whole_shape(given)
    words = given.split()
    return (int(words[0]) if words[0].isdigit() else None), whole_shape("x".join(words[1:]))


def _at_sizes(shape: Shape, sizes: dict[str, int]) -> Shape:
    return tuple(size if isinstance(size, int) else sizes.get(str(size), size) for size in shape)


def _only(shapes: tuple[Shape, ...], pattern: Pattern) -> Shape:
    if len(shapes) != 1:
        raise PatternError(f"`{pattern.text}` has {len(shapes)} inputs; one can be varied")
    return shapes[0]


def _promising(arch: Arch, pattern: Pattern, shape: Shape) -> Arch:
    """The architecture with the pattern's output as its contract."""
    wanted = expected(pattern.outputs[0], (shape,), pattern)
    if wanted is None:
        raise PatternError(
            f"`{pattern.text}` leaves the output open: its right side takes integers and names"
        )
    return _with_output(arch, shape, wanted)


def _with_output(arch: Arch, shape: Shape, wanted: Shape) -> Arch:
    mirrors = wanted == shape
    return arch.with_nodes(arch.nodes, contract=Contract(mirrors=mirrors, output=None if mirrors else wanted))


def _told(mismatch: Mismatch, traced: Trace, wanted: Shape | None, batch: int | None) -> str:
    """The mismatch, and the table with what went wrong first."""
    text = mismatch.message
    if mismatch.side != "output" or wanted is None:
        return f"{text}\n\n{_table(traced)}"
    if batch is not None:
        wanted = (N, *wanted[1:])
    report = _judged(_with_output(traced.arch, traced.shape_in, wanted), traced.shape_in)
    return f"{text}\n\n{report}"


def _failed(traced: Trace) -> str:
    problem = traced.problems[0]
    where = f"`{problem.path}`: " if problem.path else ""
    return f"it cannot run: {where}{problem.message}\n\n{_judged(traced.arch, traced.shape_in)}"


def _judged(arch: Arch, shape: Shape) -> Report:
    from .lint.selection import Selection

    return judge(arch, shape, Selection(select=()))


def _table(traced: Trace) -> str:
    from .show.full import plain

    return plain(traced.arch.path, traced.arch.text, traced, ())
