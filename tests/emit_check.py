"""Emitted modules executed in real torch: parameters and every layer's shape against the trace.

`python tests/emit_check.py MODULES SEED [FOLDER]` leaves the texts in a folder, for ruff and mypy.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import torch
from emit_specs import Drawn, random_spec
from sizes_check import random_architecture

import shapecalc as sc
from shapecalc.arch import Arch
from shapecalc.shapes import N, Shape
from shapecalc.size import at
from shapecalc.write.any_size import targets, told
from shapecalc.write.names import class_name, submodule
from shapecalc.write.plan import WRAPPER

SIZES = 24


class Emitted(NamedTuple):
    """An emitted text, executed: its class, its self-check, and the text itself."""

    make: Any
    check: Any
    text: str


class Tally(NamedTuple):
    """What was executed: modules, layers compared, any-size modules with the sizes that came back, variational ones,
    those made with other options; mismatches."""

    modules: int = 0
    layers: int = 0
    sized: int = 0
    restored: int = 0
    variational: int = 0
    optional: int = 0
    mismatches: tuple[str, ...] = ()

    def plus(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(self, other)))  # type: ignore[operator]


def execute(text: str, name: str) -> Emitted:
    """The module's names, as an import would make them."""
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, "<emitted>", "exec"), names)
    return Emitted(names[class_name(name)], names["check"], text)


def path_of(path: str, model: torch.nn.Module) -> str:
    """Where the layer of a spec's path stands in the model."""
    own = ".".join(map(submodule, path.split(".")))
    return own if hasattr(model, own.split(".")[0]) else f"{WRAPPER}.{own}"


def hooked(model: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """A mapping that fills with every submodule's output shape as the model runs."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note(path: str) -> Any:
        def hook(module: object, inputs: object, output: Any) -> None:
            shapes[path] = tuple((output[0] if isinstance(output, tuple) else output).shape)

        return hook

    for path, module in model.named_modules():
        module.register_forward_hook(note(path))
    return shapes


def compare(arch: Arch, input: Shape | None, **wishes: bool) -> tuple[int, Emitted, str | None]:
    """(layers compared, what was emitted, mismatch) of one architecture at its input."""
    text = sc.emit(arch, input, **wishes)
    emitted = execute(text, arch.name)
    traced = sc.trace(arch, input)
    model = emitted.make()
    shapes = hooked(model)
    given = [at(size, {"N": 2}) for size in traced.shape_in]
    with torch.no_grad():
        output = model(torch.randn(given))
    with contextlib.redirect_stdout(io.StringIO()):
        emitted.check()
    parameters = sum(p.numel() for p in model.parameters())
    wanted = sum(step.params for step in traced.steps)
    if parameters != wanted and not wishes.get("vae"):
        return 0, emitted, f"{parameters} parameters, the trace has {wanted}"
    expected = told(arch, traced.shape_in, targets(traced)) if wishes.get("any_size") else traced
    compared = 0
    for step in expected.steps:
        out = tuple(at(size, {"N": 2}) for size in step.shape_out)
        path = path_of(step.path, model)
        if path in shapes:
            compared += 1
            if shapes[path] != out:
                return compared, emitted, f"{path}: {shapes[path]}, the trace has {out}"
        elif not step.layer.functional and not wishes.get("any_size"):
            return compared, emitted, f"{path} is no submodule that ran"
    output = output[0] if isinstance(output, tuple) else output
    last = tuple(at(size, {"N": 2}) for size in expected.shape_out or ())
    if tuple(output.shape) != last:
        return compared, emitted, f"returns {tuple(output.shape)}, the trace has {last}"
    return compared, emitted, None


def restored(arch: Arch, emitted: Emitted, random: Random) -> tuple[int, str | None]:
    """How many of `SIZES` sizes come back, of those that the encoder runs on; and the first that does not."""
    model, shape = emitted.make(), arch.input or ()
    encoder = Arch(arch.nodes[: arch.sections["decoder"].start])
    count = 0
    while count < SIZES:
        given = (N, *shape[1:2], *(max(1, int(size) + random.randint(-6, 30)) for size in shape[2:]))
        if not sc.trace(encoder, given).ok:
            continue
        count += 1
        x = torch.randn([2, *(int(size) for size in given[1:])])
        try:
            with torch.no_grad():
                output = model(x)
        except (RuntimeError, ValueError) as error:
            return count, f"{tuple(x.shape)} raises {error}"
        output = output[0] if isinstance(output, tuple) else output
        if output.shape != x.shape:
            return count, f"{tuple(x.shape)} becomes {tuple(output.shape)}"
    return count, None


def with_other_options(text: str, emitted: Emitted, random: Random) -> tuple[bool, str | None]:
    """Whether a module was made with other options, and how it differs then from the spec with those vars."""
    options = {
        name: max(1, int(value)) * random.randint(1, 3) for name, value in sc.loads(text).variables.items()
    }
    options = {name: value for name, value in options.items() if f"{name}: int" in emitted.text}
    if not options or "changed by hand" in emitted.text:
        return False, None
    traced = sc.trace(sc.loads(text, options))
    if not traced.ok:
        return False, None
    model = emitted.make(**options)
    parameters = sum(p.numel() for p in model.parameters())
    wanted = sum(step.params for step in traced.steps)
    if parameters != wanted:
        return True, f"with {options} it has {parameters} parameters, the trace {wanted}"
    output = model(torch.randn([at(size, {"N": 2}) for size in traced.shape_in]))
    last = tuple(at(size, {"N": 2}) for size in traced.shape_out or ())
    return True, None if tuple(output.shape) == last else f"with {options} it returns {tuple(output.shape)}"


def one(random: Random, folder: Path | None, number: int) -> Tally:
    """One random architecture, as it is and in the other ways that it can be had."""
    drawn: Drawn | None = None
    if random.random() < 0.35:
        arch, channels = random_architecture(random)
        given: Shape | None = (N, channels, random.randint(20, 60), random.randint(20, 60))
        if not sc.trace(arch, given).ok:
            return Tally()
    else:
        drawn = random_spec(random)
        arch, given = sc.loads(drawn.text), None
    tally, title = (
        Tally(),
        drawn.text if drawn else repr([(node.path, node.layer, node.sources) for node in arch.nodes]),
    )
    ways: list[dict[str, bool]] = [{}]
    if drawn and drawn.any_size:
        ways.append({"any_size": True})
    if drawn and drawn.sections:
        ways.append({"vae": True, "train": True, "any_size": drawn.any_size and random.random() < 0.5})
    for way in ways:
        try:
            layers, emitted, wrong = compare(arch, given, **way)
        except Exception as error:  # whatever it is, it is a mismatch, to be looked at
            tally = tally.plus(Tally(1, mismatches=(f"{way}: {type(error).__name__}: {error}\n{title}",)))
            continue
        count = 0
        if way.get("any_size") and wrong is None:
            count, wrong = restored(arch, emitted, random)
        is_optional = False
        if drawn and not way and wrong is None:
            is_optional, wrong = with_other_options(drawn.text, emitted, random)
        bad = (f"{way}: {wrong}\n{title}\n{emitted.text}",) if wrong else ()
        tally = tally.plus(Tally(1, layers, bool(count), count, way.get("vae", False), is_optional, bad))
        if folder:
            folder.joinpath(
                f"emitted_{number}_{''.join(sorted(key[0] for key in way if way[key]))}.py"
            ).write_text(emitted.text)
    return tally


def run(count: int, seed: int, folder: Path | None = None) -> Tally:
    """At least so many modules."""
    random, total, number = Random(seed), Tally(), 0
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # small tensors: threads only wait for each other
    while total.modules < count:
        number += 1
        total = total.plus(one(random, folder, number))
    return total


if __name__ == "__main__":
    import sys
    import warnings

    warnings.simplefilter("ignore")
    where = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    tally = run(int(sys.argv[1]), int(sys.argv[2]), where)
    print("\n\n".join(tally.mismatches[:4]))
    print(
        f"{tally.modules} modules executed, {tally.layers} layers compared, {tally.sized} any-size modules restored "
        f"{tally.restored} sizes, {tally.variational} variational, {tally.optional} with other options, {len(tally.mismatches)} mismatches"
    )
