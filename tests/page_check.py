"""A report page's answers, asked in a browser, against the engine's."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from shapecalc.arch import Arch
from shapecalc.contract import contract
from shapecalc.input_sizes import Sizes, freed
from shapecalc.report import judge
from shapecalc.shapes import N
from shapecalc.show.formula import spelt, spelt_size
from shapecalc.show.page.document import document
from shapecalc.show.page.live import MOST_BOXES
from shapecalc.show.page.messages import USUAL
from shapecalc.size import SizeLimit
from shapecalc.trace import trace_whole

ANSWERS = """
return arguments[0].map((texts) => {
  const sizes = Object.fromEntries(shapecalc.symbols.map((name) => [name, BigInt(texts[name])]));
  const found = shapecalc.answer(sizes);
  const near = shapecalc.nearest(sizes);
  return {
    shapes: found.shapes.map(shapecalc.spelt), failed: found.failed,
    output: found.output && shapecalc.spelt(found.output),
    problems: found.problems.map((said) => [said.code, said.path, said.message, said.note]),
    costs: found.shapes.slice(1).map((_, number) =>
      [shapecalc.steps[number].params, shapecalc.steps[number].macs].map((cost) => String(found.read.size(cost)))),
    legal: shapecalc.knowsLegal,
    near: near && shapecalc.symbols.map((name) => String(near[name])),
  };
});
"""


class Answer(NamedTuple):
    """What the engine says of one input; `problems` are (code, path, message, note), `costs` parameters and MACs."""

    shapes: list[str]
    failed: int | None
    output: str | None
    problems: list[list[str | None]]
    costs: list[list[str]]


def page(arch: Arch, folder: Path, name: str = "page") -> Path:
    """The report page of an architecture, as a file."""
    path = folder / f"{name}.html"
    path.write_text(document(judge(arch)), encoding="utf-8")
    return path


def told(arch: Arch, sizes: dict[str, int]) -> Answer:
    """The engine's answer, of a trace of integers."""
    assert arch.input is not None
    shape = tuple(
        size if isinstance(size, int) or size == N else sizes[str(size)] for size in freed(arch.input)
    )
    traced = trace_whole(arch, shape)
    shapes = [traced.input, *(step.out for step in traced.steps)]
    problems = (*traced.problems, *contract(traced).problems)
    return Answer(
        [spelt(shape) for shape in shapes],
        traced.failed,
        None if traced.output is None else spelt(traced.output),
        [[problem.code.id, problem.path, problem.message, problem.note or ""] for problem in problems],
        [[str(step.params), spelt_size(step.macs)] for step in traced.steps],
    )


def drawn(arch: Arch, count: int, seed: int) -> list[dict[str, int]]:
    """Sizes to ask about: near the given one, small, and large."""
    assert arch.input is not None
    draw = random.Random(seed)
    axes = zip(freed(arch.input), arch.input)
    given = {
        str(name): size if isinstance(size, int) else USUAL
        for name, size in axes
        if not isinstance(name, int) and name != N
    }
    found = []
    for _ in range(count):
        kind = draw.random()
        found.append(
            {
                name: draw.randint(1, 40)
                if kind < 0.25
                else draw.randint(1, 10**6)
                if kind > 0.92
                else max(1, size + draw.choice((0, 0, 1, -1, draw.randint(-70, 70))))
                for name, size in given.items()
            }
        )
    return found


def differences(driver: Any, arch: Arch, count: int, seed: int = 0, unsaid: bool = False) -> list[str]:
    """Where the open page of an architecture says something else than the engine; less is right with `unsaid`."""
    asked = drawn(arch, count, seed)
    texts = [{name: str(size) for name, size in sizes.items()} for sizes in asked]
    wrong = []
    nearest = _nearest(arch)
    for sizes, found in zip(asked, driver.execute_script(ANSWERS, texts)):
        near, knows_legal = found.pop("near"), found.pop("legal")
        wanted = told(arch, sizes)
        if knows_legal and near is None and not wanted.problems:
            wrong.append(f"{sizes}: legal, and no size is said to be")
        said = Answer(**found)
        if unsaid and len(said.problems) == len(wanted.problems):
            both = zip(said.problems, wanted.problems)
            said = said._replace(problems=[[_or_less(*text) for text in zip(*texts)] for texts in both])
        if said != wanted:
            wrong.append(f"{sizes}: page {said} engine {wanted}")
        if near is not None:
            legal = dict(zip(sizes, map(int, near)))
            if told(arch, legal).problems:
                wrong.append(f"{sizes}: the nearest legal size {legal} is none")
            if not wanted.problems and legal != sizes:
                wrong.append(f"{sizes}: legal itself, and {legal} is offered")
        if nearest is not None and knows_legal and wanted.problems:
            best = nearest(**sizes)
            if best != (None if near is None else dict(zip(sizes, map(int, near)))):
                wrong.append(f"{sizes}: the nearest legal size is {best}, and {near} is offered")
    return wrong


def _nearest(arch: Arch) -> Callable[..., dict[str, int] | None] | None:
    """The engine's own search for the nearest legal size; None where it has no such set."""
    if arch.input is None:
        return None
    found = Sizes(arch, freed(arch.input))
    try:
        boxes = found.holding.boxes
    except SizeLimit:
        return None
    return None if found.problem is not None or boxes is None or len(boxes) > MOST_BOXES else found.near


def _or_less(said: str | None, wanted: str | None) -> str | None:
    """What is wanted, where the page says nothing else than its beginning."""
    return wanted if said is None or (wanted or "").startswith(f"{said}; ") else said
