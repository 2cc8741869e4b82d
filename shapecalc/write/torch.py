"""An architecture as one Python file: a `torch.nn.Module` with its shapes, and a check of them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..arch import INPUT, Arch
from ..input_sizes import Sizes, freed
from ..problem import LATENT, NO_INPUT, UNMIRRORED, Problem, ShapeError
from ..shapes import N, Shape, spell
from ..size import Size, SizeLimit, at
from ..trace import Trace, trace
from . import any_size as sizing
from . import training
from . import vae as variational
from .forward import CROP, Body, passed
from .layout import WIDTH, lines_of, paragraph
from .module import Submodules
from .names import class_name
from .plan import Kept, Plan
from .sayable import check_sayable
from .self_check import Check

BATCH = 2


def module_text(
    arch: Arch,
    input: str | int | Sequence[Size] | None = None,
    any_size: bool = False,
    vae: bool = False,
    train: bool = False,
) -> str:
    """The file's text; see `shapecalc.emit`."""
    return _Module(arch, input, any_size, vae, train).text()


class _Module:
    """One file in the making."""

    def __init__(
        self, arch: Arch, input: str | int | Sequence[Size] | None, any_size: bool, vae: bool, train: bool
    ) -> None:
        self.trace = _clean(trace(arch, input))
        check_sayable(self.trace, "a module of layers")
        self.arch, self.any_size, self.vae, self.train = arch, any_size, vae, train
        self.input = _concrete(self.trace)
        targets: dict[int, int] = {}
        self.restored: list[Shape] = []
        if any_size:
            measured = _clean(trace(arch, self.input), failing=not arch.contract.mirrors)
            targets = sizing.targets(measured)
            self.restored = sizing.checked(measured, targets)
        self.given = _with_batch(self.input)
        self.returned = _with_batch(_clean(sizing.told(arch, self.input, targets)).shape_out or ())
        self.plan = Plan(self.trace, targets)
        self.name = class_name(arch.name)
        decoder = arch.sections.get("decoder")
        self.boundary = decoder.start if decoder is not None and "encoder" in arch.sections else None
        self._check_wishes()

    def _check_wishes(self) -> None:
        if self.vae and self.boundary is None:
            text = "a variational autoencoder needs the sections `encoder` and `decoder`"
            raise ShapeError(Problem(LATENT, text))
        if self.train and self.returned != self.given:
            given, returned = spell(self.input[1:]), spell(self.returned[1:])
            text = f"a loop that reconstructs the input needs it back, and {given} becomes {returned}"
            help = "without --train the module is written, for a loop of your own"
            raise ShapeError(Problem(UNMIRRORED, text, help=help))

    def text(self) -> str:
        """Everything, in order."""
        submodules = Submodules(self.trace, self.plan)
        init = submodules.lines()
        if self.vae:
            init += self._heads(submodules)
        methods = self._methods()
        body = "\n".join([*self._class(submodules, init), *methods]) + "\n"
        parts = [body]
        if any("crop(" in line for line in methods):
            parts.append(CROP)
        if self.vae:
            parts.append(variational.DIVERGENCE)
        if self.train:
            parts.append(training.data_text(self._fits_one_size))
            parts.append(training.loop_text(self.name, self.vae))
        parts.append(self._check())
        text = "\n\n".join(part.strip("\n") + "\n" for part in parts)
        return self._head(text) + text

    @property
    def _fits_one_size(self) -> bool:
        return not self.any_size and all(isinstance(size, int) for size in self.trace.shape_in[1:])

    def _head(self, text: str) -> str:
        """The file's docstring, imports and constants."""
        source = os.path.basename(self.arch.path or "")
        first = f'"""{self.name}, made by `shapecalc emit` from `{source}`."""'
        if not source or len(first) > WIDTH or not source.isprintable() or set(source) & set('"\\<'):
            first = f'"""{self.name}, made by `shapecalc emit`."""'
        plain = list(training.IMPORTS) if self.train else []
        if "OrderedDict(" in text:
            plain.append("from collections import OrderedDict")
        plain.sort(key=_import_order)
        torch = ["import torch"]
        if any(f"{before}F." in text for before in " (="):
            torch.append("import torch.nn.functional as F")
        torch.append("from torch import Tensor, nn")
        if self.train:
            torch.append("from torch.utils.data import DataLoader, Dataset")
        blocks = [[first], plain, torch]
        head = "\n\n".join("\n".join(block) for block in blocks if block)
        constant = (
            f"\n\nSAMPLE = torch.Size({list(self.input[1:])})" if self.train and self._fits_one_size else ""
        )
        return f"{head}{constant}\n\n\n"

    def _class(self, submodules: Submodules, init: list[str]) -> list[str]:
        options = submodules.spelling.used
        arguments = [f"{name}: {type(value).__name__} = {value!r}" for name, value in options.items()]
        signature = f"def __init__({', '.join(['self', '*', *arguments] if arguments else ['self'])})"
        return [
            f"class {self.name}(nn.Module):",
            *self._docstring(submodules.spelling.unfollowed if options else []),
            "",
            *lines_of(4, signature, tail=" -> None:"),
            "        super().__init__()",
            *init,
        ]

    def _docstring(self, unfollowed: list[str]) -> list[str]:
        """Input, latent and output shapes, parameters, and the sizes that it is exact for.

        `unfollowed` are layers that keep a number which other options than the defaults would change.
        """
        code = f" to a code of {self._spelled(self.boundary)}" if self.boundary is not None else ""
        returned = "back to" if code else "to"
        shape_out = self.trace.shape_out if not self.any_size else self.trace.shape_in
        assert shape_out is not None
        what = f"{_plain(spell(self.trace.shape_in))}{code}, {returned} {_plain(spell(shape_out))}."
        if not code:
            what = what.replace(", to", " to", 1)
        lines = [f'    """{what[0].upper()}{what[1:]}', ""]
        details = [f"Sizes are of one sample; {self._parameters:,} parameters."]
        details += [self._said_of_sizes()] if self._said_of_sizes() else []
        if self.vae:
            details.append("`forward` returns the reconstruction, the code's mean and its log-variance.")
        if unfollowed:
            listed = ", ".join(f"`{path}`" for path in unfollowed[:5]) + " and others" * (len(unfollowed) > 5)
            details.append(f"With other options, what {listed} takes must be changed by hand.")
        for detail in details:
            lines += paragraph(4, detail)
        return [*lines, '    """']

    def _spelled(self, boundary: int | None) -> str:
        return _plain(spell(self.trace.steps[(boundary or 1) - 1].shape_out))

    @property
    def _parameters(self) -> int:
        own = sum(step.params for step in self.trace.steps)
        if not self.vae:
            return own
        code = self.trace.steps[(self.boundary or 1) - 1].shape_out
        return own + 2 * variational.parameters(code)

    def _said_of_sizes(self) -> str:
        """For which sizes the contract holds, where they are known."""
        if self.any_size:
            return "Any size that runs comes back: layers of the decoder are told what size to return."
        shape = self.trace.shape_in
        shape = freed(shape) if all(isinstance(size, int) or size == N for size in shape) else shape
        if len(shape) < 3:
            return ""
        found = Sizes(self.arch, shape)
        try:
            text = str(found.holding)
        except SizeLimit:
            return ""
        if len(text) > 300 or text == "never":
            return ""
        verb = "Returns its input's size" if self.arch.contract.mirrors else "Runs"
        return f"{verb} {'for every size' if text == 'always' else f'for {_plain(text)}'}."

    def _heads(self, submodules: Submodules) -> list[str]:
        assert self.boundary is not None
        code = self.trace.steps[self.boundary - 1].shape_out
        call = variational.head(code, submodules.spelling.channels_of(self.boundary - 1))
        return [
            line
            for name in ("to_mean", "to_log_variance")
            for line in lines_of(8, f"self.{name} = {call}", spell(code))
        ]

    def _methods(self) -> list[str]:
        body = Body(self.trace, self.plan)
        last = len(self.trace.steps)
        if self.boundary is None:
            return _method("forward", "(self, x: Tensor)", "Tensor", "", [*body.lines(0, last), _RETURN])
        extra = passed(self.plan, self.boundary)
        code = ["mean", "log_variance"] if self.vae else ["x"]
        returned = [*code, *(kept.name for kept in extra)]
        encode = body.lines(0, self.boundary)
        if self.vae:
            encode += ["        mean = self.to_mean(x)", "        log_variance = self.to_log_variance(x)"]
        encode += (
            lines_of(8, f"return {', '.join(returned)}") if len(returned) == 1 else _return_tuple(returned)
        )
        types = ["Tensor"] * len(code) + [kept.type for kept in extra]
        arguments = ", ".join(["self", "x: Tensor", *(f"{kept.name}: {kept.type}" for kept in extra)])
        decode = [*body.lines(self.boundary, last), _RETURN]
        return [
            *self._forward(extra),
            *_method("encode", "(self, x: Tensor)", _tuple(types), _encodes(self.vae, extra), encode),
            *_method("decode", f"({arguments})", "Tensor", "The input again, from its code.", decode),
            *(variational.REPARAMETERISE.rstrip("\n").split("\n") if self.vae else []),
        ]

    def _forward(self, extra: list[Kept]) -> list[str]:
        if not self.vae:
            star = "*" if extra else ""
            lines = [f"        return self.decode({star}self.encode(x))"]
            return _method("forward", "(self, x: Tensor)", "Tensor", "", lines)
        draw = "self.reparameterise(mean, log_variance)"
        lines = ["        mean, log_variance = self.encode(x)"]
        if extra:
            lines = ["        code = self.encode(x)", "        mean, log_variance = code[:2]"]
        lines += lines_of(8, f"x = self.decode({draw}{', *code[2:]' if extra else ''})")
        lines += ["        return x, mean, log_variance"]
        return _method("forward", "(self, x: Tensor)", "tuple[Tensor, Tensor, Tensor]", "", lines)

    def _check(self) -> str:
        takes_integers = any(
            INPUT in node.sources and any(name in step.layer.integer_inputs for name in step.layer.inputs)
            for node, step in zip(self.arch.nodes, self.trace.steps)
        )
        returned = [_with_batch(shape) for shape in self.restored] if self.arch.contract.mirrors else []
        call = "main" if self.train else "check"
        return Check(self.name, self.given, self.returned, returned, takes_integers, self.vae, call).text()


_RETURN = "        return x"


def _method(name: str, arguments: str, returns: str, doc: str, lines: list[str]) -> list[str]:
    head = lines_of(4, f"def {name}{arguments}", tail=f" -> {returns}:")
    if len(head[-1]) > WIDTH:
        head = [*head[:-1], *lines_of(4, head[-1].strip()[:-1], tail=":")]
    return ["", *head, *([f'        """{doc}"""'] if doc else []), *lines]


def _return_tuple(names: list[str]) -> list[str]:
    line = f"        return {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return ["        return (", *(f"            {name}," for name in names), "        )"]


def _tuple(types: list[str]) -> str:
    return types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"


def _encodes(vae: bool, extra: list[Kept]) -> str:
    what = "The code's mean and log-variance" if vae else "The code"
    return f"{what}, and what the decoder needs besides." if extra else f"{what}."


def _clean(traced: Trace, failing: bool = True) -> Trace:
    if traced.shape_out is None and failing:
        raise ShapeError(traced.problems[0])
    return traced


def _concrete(traced: Trace) -> Shape:
    """The input in numbers, with its batch; symbols get the sizes near 32 that work."""
    if all(isinstance(size, int) or size == N for size in traced.shape_in):
        return traced.shape_in
    found = Sizes(traced.arch, traced.shape_in)
    wanted = dict.fromkeys(found.symbols, 32)
    try:
        values = found.holding.nearest(**wanted) or found.running.nearest(**wanted)
    except SizeLimit:
        values = wanted
    if values is None:
        text = f"no size of {spell(traced.shape_in)} runs"
        raise ShapeError(Problem(NO_INPUT, text))
    return tuple(size if size == N else at(size, values) for size in traced.shape_in)


def _with_batch(shape: Shape) -> Shape:
    return tuple(at(size, {"N": BATCH}) for size in shape)


def _plain(text: str) -> str:
    """The text in ASCII."""
    return text.replace("≡", "=").replace("≤", "<=").replace("≥", ">=").replace("≠", "!=").replace("−", "-")


def _import_order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
