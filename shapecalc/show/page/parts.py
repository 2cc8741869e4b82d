"""The sections of the page, for the input that the check was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from ...cost import total
from ...input_sizes import Sizes
from ...layer import Shape
from ...problem import Code, Problem
from ...shapes import sample
from ...size import Size
from ...trace import Trace
from ..diagnostic import diagnostic
from ..formats import Judged
from ..formula import counted, spelt
from ..rules import page
from ..sizes import summary
from ..text import visible
from ..windows import window

#: The width of the text in which a problem is drawn on its source.
COLUMNS = 92
#: A problem drawn on more lines is cut in the middle.
LINES = 80
#: So many layers are named as the most costly.
NAMED = 5
#: What the axes are called by the letters that stand for them.
NAMES = {"L": "length", "D": "depth", "H": "height", "W": "width", "N": "batch"}


def verdict(report: Judged) -> str:
    """The first line: what goes in, what comes out, how many problems there are."""
    numbers = [
        (level, sum(found.severity == level for found in report.problems))
        for level in ("error", "warning", "note")
    ]
    counted = (
        ", ".join(f"{count} {level}{'s' * (count != 1)}" for level, count in numbers if count)
        or "no problems"
    )
    said = ""
    if report.trace is not None:
        output = report.trace.output
        said = f"{spelt(report.trace.input)} → {'cannot run' if output is None else spelt(output)}; "
    mark = "good" if report.ok else "bad"
    return f'<p class="summary {mark}"><strong>{escape(said + counted)}</strong></p>'


def fields(trace: Trace, found: Sizes, follow: Mapping[int, list[str]]) -> str:
    """The input's fields, hidden until the script is there, the places for what it answers, and which sizes work."""
    free = found.symbols
    own = {
        str(name): size for name, size in zip(found.trace.shape_in, trace.shape_in) if isinstance(size, int)
    }
    inputs = "".join(
        f'<span class="field"><label for="size-{name}">{_axis(name, found.trace.shape_in)} '
        f'<span class="letter">{name}</span></label><input id="size-{name}" type="number" min="1" step="1" '
        f'inputmode="numeric" autocomplete="off" value="{own.get(name, "")}" aria-describedby="verdict"></span>'
        for name in free
    )
    others = "".join(
        f'<p class="dim">{_worded(_followed(trace.arch.nodes[number].path, names))}</p>'
        for number, names in follow.items()
    )
    return (
        '<section aria-labelledby="try"><h2 id="try">Another input size</h2>'
        "<noscript><p>With scripts on, every size below is worked out anew for the input "
        "that is typed here.</p></noscript>"
        f'<form id="sizes" hidden>{inputs}<button type="button" id="reset">Reset</button></form>'
        '<div role="status" aria-live="polite"><p id="verdict"></p>'
        '<ul id="said" aria-label="problems at this size"></ul></div>'
        '<p id="near" hidden><span id="near-text"></span>'
        '<button type="button" id="use" aria-describedby="near-text" hidden></button></p>'
        '<p id="elsewhere" class="dim" hidden>The table and the costs below are of this size; the drawing, the '
        "problems with their repairs and the receptive fields are of the size that the check was given.</p>"
        f"{others}<details><summary>Which sizes work</summary>"
        f'<pre tabindex="0">{escape(_which(found))}</pre></details></section>'
    )


def _axis(letter: str, shape: Shape) -> str:
    place = next((place for place, size in enumerate(shape) if str(size) == letter), None)
    return NAMES.get(letter) or ("channels" if place == 1 and len(shape) > 2 else f"axis {place}")


def _followed(path: str, names: list[str]) -> str:
    arguments = " and ".join(f"`{name}`" for name in names)
    follow = "follow" if len(names) > 1 else "follows"
    return (
        f"`{path}` leaves {arguments} open, which {follow} the input: at another size it has other weights."
    )


def _which(found: Sizes) -> str:
    return "\n".join([f"for {spelt(found.trace.input)}", *(visible(line) for line in summary(found))])


def no_fields(why: str) -> str:
    """In the place of the fields, why there are none."""
    return (
        '<section aria-labelledby="try"><h2 id="try">Another input size</h2>'
        f"<p>The field is off: {_worded(why)}. <code>shapecalc check --input</code> answers for any size.</p></section>"
    )


def layers(trace: Trace, found: Iterable[Problem], follow: Iterable[int] = ()) -> str:
    """The table of layers, those that are not reached too."""
    wrong = {problem.path for problem in found if problem.severity == "error"}
    rows: list[str] = []
    whole = total(trace)
    for number, node in enumerate(trace.arch.nodes):
        step = trace.steps[number] if number < len(trace.steps) else None
        layer = step.layer if step else node.layer
        mark = "failed" if number == trace.failed else "unreached" if step is None else ""
        mark = mark or ("wrong" if node.path in wrong else "")
        kind = repr(layer).partition("(")[0]
        written = repr(node.layer if number in follow else layer)
        rows.append(
            f'<tr{_class(mark)}><th scope="row">{escape(visible(node.path))}</th>'
            f'<td title="{escape(visible(written))}">{escape(kind)}</td><td>{escape(_shapes(trace, number))}</td>'
            f"<td>{escape(window(layer))}</td><td>{_counted(step.params) if step and step.params else ''}</td>"
            f"<td>{_counted(step.macs) if step and _any(step.macs) else ''}</td></tr>"
        )
    return (
        '<section aria-labelledby="layers"><h2 id="layers">Layers</h2>'
        '<div class="wide" tabindex="0" role="group" aria-labelledby="layers">'
        '<table class="layers" aria-labelledby="layers"><thead><tr>'
        '<th scope="col">layer</th><th scope="col">kind</th><th scope="col">in → out</th><th scope="col">window</th>'
        '<th scope="col">parameters</th><th scope="col">multiply-accumulates</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody><tfoot>{_unplaced(trace)}"
        '<tr><th scope="row">total</th><td></td><td></td><td></td>'
        f'<td id="column-params">{_counted(whole.params)}</td>'
        f'<td id="column-macs">{_counted(whole.macs)}</td></tr></tfoot></table></div></section>'
    )


def _unplaced(trace: Trace) -> str:
    """The row of a model's parameters that no layer has, where there are some."""
    if not trace.arch.unplaced:
        return ""
    hidden = "" if trace.failed is None else " hidden"
    return (
        f'<tr id="unplaced"{hidden}><th scope="row">in no layer</th><td></td><td></td><td></td>'
        f"<td>{_counted(trace.arch.unplaced)}</td><td></td></tr>"
    )


def _shapes(trace: Trace, number: int) -> str:
    """In → out, as the table of a terminal has it."""
    if number > len(trace.steps) or (number == len(trace.steps) and trace.failed is None):
        return "not reached"
    if number == len(trace.steps):
        return f"{_spelt_all(trace.failed_in)} → ✗"
    step = trace.steps[number]
    taken, made = _spelt_all(step.shapes_in), spelt(step.out)
    return made if taken == made else f"{taken} → {made}"


def _spelt_all(shapes: Iterable[Shape]) -> str:
    return " and ".join(spelt(sample(shape)) for shape in shapes)


def problems(report: Judged) -> str:
    """Every problem, drawn on its source, with the page of its rule."""
    if not report.problems:
        return '<section aria-labelledby="problems"><h2 id="problems">Problems</h2><p>None.</p></section>'
    first = {problem.code: problem for problem in reversed(report.problems)}
    items = "".join(
        f"<li>{_drawn(problem, report)}{_rule(problem.code) if first[problem.code] is problem else ''}</li>"
        for problem in report.problems
    )
    at = f" at {escape(spelt(report.trace.input))}" if report.trace else ""
    head = f'<h2 id="problems">Problems{at}</h2>'
    return f'<section aria-labelledby="problems">{head}<ol class="problems">{items}</ol></section>'


def _drawn(problem: Problem, report: Judged) -> str:
    lines = diagnostic(problem, report.path, report.text, COLUMNS)
    if len(lines) > LINES:
        left_out = [(f"... {len(lines) - LINES} lines more, which `shapecalc check` shows", "gutter")]
        lines = [*lines[: LINES // 2], left_out, *lines[-LINES // 2 :]]
    drawn = "\n".join("".join(_span(text, style) for text, style in line).rstrip() for line in lines)
    return f'<pre class="{problem.severity}" tabindex="0">{drawn}</pre>'


def _span(text: str, style: str) -> str:
    return f'<span class="{style}">{escape(text)}</span>' if style else escape(text)


def _rule(code: Code) -> str:
    """What the rule is about, to be opened."""
    found = page(code)
    if found is None:
        return ""
    text = "".join(f"<p>{_worded(part)}</p>" for part in found.text.split("\n\n") if part)
    source = f"<p>Source: {_worded(found.source)}</p>" if found.source else ""
    return (
        f"<details><summary>{code.id} {code.name}: {_worded(found.title)}</summary>{text}{source}"
        f"<p>All of it: <code>shapecalc rule {code.id}</code></p></details>"
    )


def _worded(text: str) -> str:
    """The text, with what stands in backticks as code."""
    pieces = escape(visible(text.replace("\n", " "))).split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))


def costs(trace: Trace) -> str:
    """Totals of one sample, and the layers that cost most."""
    cost = total(trace)
    rows = [
        ("parameters", _counted(cost.params), "total-params"),
        ("multiply-accumulates", _counted(cost.macs), "total-macs"),
        ("FLOPs, two for each", _counted(cost.flops), "total-flops"),
        ("numbers that the layers return", _counted(cost.activations), "total-numbers"),
        ("bytes of these as float32", _counted(cost.bytes()), "total-bytes"),
    ]
    cells = "".join(
        f'<tr><th scope="row">{name}</th><td class="number" id="{id}">{text}</td></tr>'
        for name, text, id in rows
    )
    return (
        '<section aria-labelledby="costs"><h2 id="costs">Costs of one sample</h2>'
        f'<table class="costs" aria-labelledby="costs">{cells}</table>{_most(trace)}</section>'
    )


def _most(trace: Trace) -> str:
    """The layers with the most parameters, and what share they have."""
    whole = sum(step.params for step in trace.steps)
    first = sorted((step for step in trace.steps if step.params), key=lambda step: -step.params)[:NAMED]
    if len(first) < 2:
        return ""
    items = "".join(
        f"<li><span>{escape(visible(step.path))}</span> {_counted(step.params)} ({100 * step.params / whole:.0f} %)"
        f'<span class="bar" style="width:{60 * step.params / whole:.1f}%"></span></li>'
        for step in first
    )
    return f'<h3>Most parameters at {escape(spelt(trace.input))}</h3><ol class="bars">{items}</ol>'


def _counted(number: Size) -> str:
    return escape(counted(number))


def _any(number: Size) -> bool:
    return not isinstance(number, int) or number != 0


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
