"""The layer table: a row a step, up to and including the layer that cannot run."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ..layer import Layer, Shape
from ..shapes import sample
from ..trace import Step, Trace

#: Arguments worth a column, in short, as conv-arithmetic tables have them.
WINDOW = {"kernel_size": "k", "stride": "s", "padding": "p", "output_padding": "op", "dilation": "d", "groups": "g"}

#: Below these widths of the terminal a column is left out, the least needed first.
WIDE, NARROW = 76, 60


def table(trace: Trace, arrow: str, cross: str, width: int) -> Table:
    """The rows of the trace; a failing layer's row says what it was given."""
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    rows.add_column("layer", overflow="fold")
    rows.add_column("kind", overflow="fold")
    rows.add_column(f"in {arrow} out", overflow="fold")
    if width >= WIDE:
        rows.add_column("window", overflow="fold")
    if width >= NARROW:
        rows.add_column("parameters", justify="right")
    for step in trace.steps:
        _add(rows, width, _cells(step, arrow))
    if trace.failed is not None:
        node = trace.arch.nodes[trace.failed]
        taken = Text(" and ".join("x".join(map(str, sample(shape))) for shape in trace.failed_in))
        cells = [Text(node.path), Text(_kind(node.layer)), taken + f" {arrow} {cross}", Text(window(node.layer)), Text()]
        _add(rows, width, cells, style="bold red")
    if width >= NARROW and trace.steps:
        total = sum(step.params for step in trace.steps)
        rows.add_row(*[""] * (len(rows.columns) - 1), Text(f"{total:,}", style="bold"))
    return rows


def _add(rows: Table, width: int, cells: list[Text], style: str | None = None) -> None:
    path, kind, shapes, window, params = cells
    rows.add_row(
        path, kind, shapes, *([window] if width >= WIDE else []), *([params] if width >= NARROW else []), style=style
    )


def _cells(step: Step, arrow: str) -> list[Text]:
    return [
        Text(step.path, style="cyan"),
        Text(_kind(step.layer)),
        _shapes(step, arrow),
        Text(window(step.layer), style="dim"),
        Text(f"{step.params:,}" if step.params else "", style="dim"),
    ]


def _shapes(step: Step, arrow: str) -> Text:
    """Both sides of the arrow; the axes that changed stand out, a shape that stays is said once."""
    taken, returned = step.ins, step.out
    if taken == (returned,):
        return Text("x".join(map(str, returned)) or "scalar", style="dim")
    text = Text(" and ".join("x".join(map(str, shape)) or "scalar" for shape in taken))
    text.append(f" {arrow} ")
    text.append_text(_marked(returned, taken[0]))
    return text


def _marked(returned: Shape, taken: Shape) -> Text:
    text = Text()
    for axis, size in enumerate(returned):
        text.append("x" if axis else "")
        same_axis = len(taken) == len(returned) and taken[axis] == size
        text.append(str(size), style="" if same_axis else "bold green")
    return text if returned else Text("scalar")


def _kind(layer: Layer) -> str:
    return repr(layer).partition("(")[0]


def window(layer: Layer) -> str:
    """Kernel, stride, padding and the like in short: `k3 s2 p1`.

    >>> from shapecalc.read.layer_text import parse_layer
    >>> window(parse_layer("Conv2d(1, 8, (3, 5), stride=2, padding=1)"))
    'k3x5 s2 p1'
    """
    shown = []
    for name, letter in WINDOW.items():
        field = layer.fields.get(name)
        value = getattr(layer, name, None)
        if field is not None and value is not None and (field.required or value != field.default):
            shown.append(letter + ("x".join(map(str, value)) if isinstance(value, tuple) else str(value)))
    return " ".join(shown)
