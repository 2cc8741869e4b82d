"""One layer as it is written, in either spelling: its kind looked up, its arguments told from its sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .. import layers
from ..arch import Insertion, Origin
from ..layer import KINDS, Layer, build, nearest
from ..problem import UNKNOWN_ARGUMENT, UNKNOWN_KIND, WRONG_TYPE, Place, SpecError
from . import nodes
from .call import parse_call
from .given import Given, layer_as_argument, of_call, of_yaml
from .quote import code
from .value import Name, PlaceOf, Span, evaluate

assert layers  # importing the package fills KINDS

#: A block, spelt as in torch: `Sequential: [...]`.
BLOCK = "Sequential"


class Written(NamedTuple):
    """A layer as written once; a repeat makes several nodes of it. `sources` are names of other layers."""

    kind: type[Layer]
    layer: Layer
    sources: list[Given]
    origin: Origin


def of_text(
    text: str, start: int, end: int, place_of: PlaceOf, names: Mapping[str, Any], editable: bool = True
) -> Written:
    """A layer written as torch's constructor call.

    The value of an argument that the kind has not is not read: that there is none is the clearer message.
    """
    call = parse_call(text, start, end, place_of)
    kind = KINDS.get(call.kind) or kind_called(call.kind, place_of(*call.kind_span))
    fields, inputs = kind.fields, kind.inputs
    arguments = [
        of_call(arg, names, place_of)
        if arg.name is None or arg.name in fields or arg.name in inputs
        else Given(arg.name, None, arg.value_span, (arg.span[0], arg.span[0] + len(arg.name)))
        for arg in call.args
    ]
    insertion = None
    if editable:
        if arguments:
            insertion = Insertion((call.args[-1].span[1],) * 2, ", ", "=")
        elif call.span[1] > call.kind_span[1]:
            insertion = Insertion((text.index("(", call.kind_span[1]) + 1,) * 2, "", "=")
        else:
            insertion = Insertion((call.kind_span[1],) * 2, "(", "=", ")")
    spans: dict[str, Span] = {}
    origin = Origin(call.span, call.kind_span, spans, place_of, insertion, False, editable)
    return _built(kind, arguments, origin, spans, names)


def of_mapping(node: nodes.Mapping, names: Mapping[str, Any]) -> Written:
    """A layer written as `Kind: {argument: value}`, `Kind: [positional]`, `Kind: value` or `Kind:`."""
    key, value = node.pairs[0]
    kind = KINDS[key.text]
    insertion = None
    given: list[Given] = []
    if isinstance(value, nodes.Mapping):
        for name, item in value.pairs:
            if name.text in kind.fields or name.text in kind.inputs:
                given.append(of_yaml(item, names, name))
            else:
                given.append(Given(name.text, None, (item.start, item.end), (name.start, name.end)))
        if given and value.source.text[value.start : value.start + 1] == "{":
            insertion = Insertion((given[-1].span[1],) * 2, ", ", ": ")
    elif isinstance(value, nodes.Sequence):
        given = [of_yaml(item, names) for item in value.items]
    elif isinstance(value, nodes.Scalar) and nodes.resolve(value) is not None:
        given = [of_yaml(value, names)]
        if given[0].word in KINDS:
            raise layer_as_argument(value)
    spans: dict[str, Span] = {}
    whole, own = (node.start, node.end), (key.start, key.end)
    origin = Origin(whole, own, spans, node.source.place, insertion, in_yaml=True)
    return _built(kind, given, origin, spans, names)


def kind_called(name: str, place: Place) -> type[Layer]:
    """The kind of that name; `SpecError` with the nearest one where there is none."""
    kind: type[Layer] | None = KINDS.get(name)
    if kind is None:
        near = nearest(name, KINDS)
        help = f"did you mean `{near}`?" if near else None
        if name == BLOCK:
            help = f"write a block as a list, or as `{BLOCK}: [...]`"
        raise SpecError(UNKNOWN_KIND, f"unknown layer {code(name)}", place, help=help)
    return kind


def _built(
    kind: type[Layer],
    given: Iterable[Given],
    origin: Origin,
    spans: dict[str, Span],
    names: Mapping[str, Any],
) -> Written:
    """The layer; `spans`, which are the origin's, are filled."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    sources: list[Given] = []
    positional = iter(kind.fields)
    for each in given:
        name = each.name
        if name is not None and name in kind.inputs:
            if each.word is None:
                message = f"`{name}` takes a layer's name, not {each.value!r}"
                raise SpecError(WRONG_TYPE, message, origin.place_of(*each.span))
            sources.append(each)
            continue
        if each.word is not None:
            if name is None and _may_read(kind, len(args), len(sources)):
                sources.append(each)
                continue
            if type(each.value) is Name:
                evaluate(each.value, names, origin.place_of, None)  # says that there is no such name
        if name is not None:
            kwargs[name] = each.value
        else:
            args.append(each.value)
            name = kind.variadic or next(positional, None)
        if name in spans and name == kind.variadic:
            spans[name] = (spans[name][0], each.span[1])
        elif name is not None:
            spans[name] = each.span
    if sources:
        origin = origin._replace(sources=tuple(each.span for each in sources))
    try:
        return Written(kind, build(kind, args, kwargs), sources, origin)
    except SpecError as error:
        problem = error.problem
        raise SpecError(
            problem.code, problem.message, _misfit(error, kind, given, origin), problem.note, problem.help
        ) from None


def _may_read(kind: type[Layer], arguments: int, sources: int) -> bool:
    """Whether a positional word may be a layer's name, after so many arguments and sources."""
    if kind.inputs[0].startswith("*"):
        return True
    return kind.functional and arguments == 0 and sources < len(kind.inputs)


def _misfit(error: SpecError, kind: type[Layer], given: Iterable[Given], origin: Origin) -> Place:
    """The place of the argument that does not fit: its name where that is wrong, or else its value."""
    name = error.problem.argument
    if error.problem.code == UNKNOWN_ARGUMENT:
        span = next((each.name_span for each in given if each.name == name and each.name_span), None)
        most = len(kind.fields) - len(kind.forward_fields)
        if name is None:
            span = next((each.span for each in [each for each in given if each.name is None][most:]), None)
        if span is not None:
            return origin.place_of(*span)
    return origin.argument(name)
