"""Arch: an architecture as named nodes, their sources, and their places in the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .layer import AXES, Layer, nearest
from .picturing import pictured
from .problem import Place
from .recording import RECORDED, Recording
from .shapes import Shape

#: The source that stands for the network's input; node `i` is source `i + 1`.
INPUT = 0


#: What an architecture can be, for rules that look at some only.
PROFILES = ("ae", "vae", "unet", "gan", "classifier", "other")

Span = tuple[int, int]

#: Letters in the name of a unit.
MOST_OF_A_UNIT = 20


class Scale(NamedTuple):
    """How far it is from one position of an axis to the next, in a unit of the reader's."""

    step: float
    unit: str

    @classmethod
    def read(cls, text: str) -> Scale:
        """A positive number and its unit. Raises `ValueError` with what the text should be.

        >>> Scale.read("10.7 ms")
        Scale(step=10.7, unit='ms')
        """
        number, _, unit = text.strip().partition(" ")
        try:
            step = float(number)
        except ValueError:
            step = 0.0
        if 0 < step < float("inf") and len(unit) <= MOST_OF_A_UNIT and unit.isprintable():
            return cls(step, unit.strip())
        raise ValueError("a positive number and its unit")

    def of(self, positions: int) -> str:
        """How far so many positions are: `0.161 s`."""
        return f"{positions * self.step:.3g} {self.unit}".rstrip()

    def __str__(self) -> str:
        return f"{self.step:.12g} {self.unit}".rstrip()


def scaled_axes(input: Shape | None) -> tuple[str, ...]:
    """The axes of an input that may have a scale, by name; where no input is known, those of any."""
    if input is None:
        return tuple(sorted({name for names in AXES.values() for name in names}))
    return AXES.get(len(input) - 2, ())


class Insertion(NamedTuple):
    """Where a further keyword argument fits: `before` name, `between` name and value, `after`."""

    span: Span
    before: str
    between: str
    after: str = ""


class Origin(NamedTuple):
    """Where a layer stands in the text: all of it, its kind's name, and the value of each argument.

    Spans are offsets into the text, the end exclusive, and `place_of` turns one into a place.
    `insertion` is None where no argument can be added by one edit. `in_yaml` says that the arguments are
    YAML values (`kernel_size: [3, 5]`), not a call's (`kernel_size=(3, 5)`). A text with escapes in it is
    not `editable`: its spans are not the file's. `sources` are the words that name other layers.
    """

    span: Span
    kind: Span
    arguments: Mapping[str, Span]
    place_of: Callable[[int, int], Place]
    insertion: Insertion | None = None
    in_yaml: bool = False
    editable: bool = True
    sources: tuple[Span, ...] = ()

    @property
    def place(self) -> Place:
        """All of the layer."""
        return self.place_of(*self.span)

    def argument(self, name: str | None) -> Place:
        """The argument's value, or the whole layer where the argument is not written."""
        return self.place_of(*self.arguments.get(name or "", self.span))


class Call(NamedTuple):
    """Where a module's forward calls the layer (None where torch's own code does), and what the row rests on.

    `standing` is EXACT (a Layer's rule), TRACED (what torch does on tensors without data) or UNKNOWN. A module that
    is called `again` has the parameters that were counted at its first call; `tied` of them are those of a module
    that was called before (`decoder.weight = encoder.weight`). `recording` is how autograd meets the layer.
    """

    file: str | None
    line: int | None
    standing: str
    again: bool = False
    tied: int = 0
    recording: Recording = RECORDED


class Node(NamedTuple):
    """A layer in its place: `path` as torch's named_modules has it, `sources` the nodes that it reads."""

    path: str
    layer: Layer
    sources: tuple[int, ...]
    origin: Origin | None = None
    call: Call | None = None


class Contract(NamedTuple):
    """What the architecture promises, and where the file says so.

    `output` None with `mirrors` set means: the output is the input. `latent` is the shape of the code,
    which node number `latent_node` makes.
    """

    mirrors: bool = False
    output: Shape | None = None
    latent: Shape | None = None
    latent_node: int | None = None
    output_place: Place | None = None
    latent_place: Place | None = None


@pictured
class Arch:
    """An architecture, immutable once made.

    `nodes` stand in the order in which they run; a node reads only earlier ones. `input` is the shape that
    the file states, batch first, or None. `sections` maps `encoder`, `bottleneck`, `decoder` or `layers`
    to the range of its nodes, `variables` are the file's `vars`, `profile` is one of `PROFILES` where the file
    states it, `sample` the scale of each of the input's axes that has one, by name. `text` and `path` are what
    diagnostics quote; `reread` reads a changed text the way this one was read, so that an edit can be tried before it
    is offered.

    A module's forward returns the sources `returns` (of a spec, None: the last node), and `retrace` runs it again,
    for these nodes and another shape: what it does may depend on sizes. A module has `unplaced` parameters that are
    no layer's (a position embedding, a scale), or that no layer reads; below 0 where layers share some.
    """

    __slots__ = (
        "contract",
        "input",
        "input_place",
        "name",
        "nodes",
        "path",
        "profile",
        "reread",
        "retrace",
        "returns",
        "sample",
        "sections",
        "text",
        "unplaced",
        "value_range",
        "variables",
    )

    def __init__(
        self,
        nodes: Iterable[Node],
        *,
        name: str = "Network",
        input: Shape | None = None,
        input_place: Place | None = None,
        sections: Mapping[str, range] | None = None,
        contract: Contract = Contract(),
        value_range: tuple[float, float] | None = None,
        profile: str | None = None,
        variables: Mapping[str, int | float] | None = None,
        text: str | None = None,
        path: str | None = None,
        reread: Callable[[str], Arch] | None = None,
        retrace: Callable[[Arch, Shape], Any] | None = None,
        returns: tuple[int, ...] | None = None,
        sample: Mapping[str, Scale] | None = None,
        unplaced: int = 0,
    ) -> None:
        self.nodes = tuple(nodes)
        self.name, self.input, self.input_place = name, input, input_place
        self.sections = dict(sections or {"layers": range(len(self.nodes))})
        self.contract, self.value_range, self.profile = contract, value_range, profile
        self.variables = dict(variables or {})
        self.text, self.path, self.reread = text, path, reread
        self.retrace, self.returns = retrace, returns
        self.sample = dict(sample or {})
        self.unplaced = unplaced

    @classmethod
    def chain(cls, layers: Iterable[Layer], name: str = "Network", input: Shape | None = None) -> Arch:
        """The layers one after another, as in `torch.nn.Sequential`."""
        return cls(
            (Node(str(number), layer, (number,)) for number, layer in enumerate(layers)),
            name=name,
            input=input,
        )

    def with_sample(self, sample: Mapping[str, str | float | Scale]) -> Arch:
        """The same architecture with scales for axes of its input, beside those that it has: `{"width": "10.7 ms"}`.

        Raises `ValueError` for an axis that there is not, and for what is no scale.

        >>> from shapecalc import loads
        >>> loads("input: 1x9x9\\nlayers: [ReLU]").with_sample({"width": "10.7 ms"}).sample
        {'width': Scale(step=10.7, unit='ms')}
        """
        scales, names = dict(self.sample), scaled_axes(self.input)
        for axis, scale in sample.items():
            if axis not in names:
                raise ValueError(f"`{axis}` is no axis of the input; {_listed(axis, names)}")
            try:
                scales[axis] = Scale.read(str(scale))
            except ValueError as error:
                raise ValueError(f"the step of {axis} is {error}, like `0.0107 s`, not `{scale}`") from None
        return self.with_nodes(self.nodes, sample=scales)

    def with_nodes(
        self,
        nodes: Iterable[Node],
        sections: Mapping[str, range] | None = None,
        contract: Contract | None = None,
        returns: tuple[int, ...] | None = None,
        sample: Mapping[str, Scale] | None = None,
    ) -> Arch:
        """The same architecture with other layers in its places; in other sections, where these move."""
        return Arch(
            nodes,
            name=self.name,
            input=self.input,
            input_place=self.input_place,
            sections=self.sections if sections is None else sections,
            contract=self.contract if contract is None else contract,
            value_range=self.value_range,
            sample=self.sample if sample is None else sample,
            profile=self.profile,
            variables=self.variables,
            text=self.text,
            path=self.path,
            reread=self.reread,
            retrace=self.retrace,
            returns=self.returns if returns is None else returns,
            unplaced=self.unplaced,
        )

    def section_of(self, number: int) -> str | None:
        """The section that node `number` stands in."""
        return next((name for name, nodes in self.sections.items() if number in nodes), None)

    def __repr__(self) -> str:
        return f"<Arch {self.name}: {len(self.nodes)} layers>"


def _listed(word: str, names: tuple[str, ...]) -> str:
    """The axes that there are, and the one that was probably meant."""
    if not names:
        return "it has no spatial axes"
    near = nearest(word, names) or next((name for name in names if word.lower() == name[0]), None)
    meant = f"; did you mean `{near}`?" if near else ""
    return f"the axes are {', '.join(names)}{meant}"
