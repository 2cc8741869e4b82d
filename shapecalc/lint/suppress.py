"""Comments that silence rules: `# shapecalc: ignore[SHP302] reason`, on the line of the finding or above it.

What torch refuses cannot be silenced. A comment that silences nothing is itself a finding, and so is one that
cannot be understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..problem import MALFORMED_SUPPRESSION, UNUSED_SUPPRESSION, Code, Edit, Fix, Place, Problem
from ..read.comments import comments
from ..read.nodes import Source
from ..read.python_comments import python_comments
from ..trace import Trace
from .profile import profile_of
from .rule import RULES, matches
from .selection import Selection
from .selectors import named, refused

#: Where this does not stand in a text, there is nothing to look for.
MARK = "shapecalc:"

_START = re.compile(rf"#\s*{MARK}\s*")
_FORM = re.compile(r"(ignore(?:-file)?)\s*\[([^\]]*)\]")
_SELECTOR = re.compile(r"[^\s,](?:[^,]*[^\s,])?")
#: A line that names what stands on the next one, unless that is a list.
_NAME = re.compile(r"\s*-[ \t][^#\r\n]*:[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n)(?![ \t]*-[ \t])")

FORM = "write `# shapecalc: ignore[SHP302] reason`, with codes or names of rules"


class Suppression(NamedTuple):
    """A comment that silences rules on `lines`, or in the whole file where that is None.

    `listed` is the stretch of text between the brackets, `removed` what goes where the comment does.
    """

    selectors: tuple[str, ...]
    lines: frozenset[int] | None
    listed: tuple[int, int]
    removed: tuple[int, int]

    def covers(self, lines: frozenset[int]) -> bool:
        """Whether one of the lines is silenced."""
        return self.lines is None or not self.lines.isdisjoint(lines)


def suppressed(trace: Trace, problems: Sequence[Problem], selection: Selection) -> Iterator[Problem]:
    """The problems that no comment of the architecture's text silences, then those of the comments themselves."""
    text = trace.arch.text or ""
    source = Source(text)
    comments_of = python_comments if _is_python(trace) else comments
    found, wrong = _read(source, list(comments_of(text)))
    used: set[tuple[int, str]] = set()
    spans = {node.path: node.origin.place for node in trace.arch.nodes if node.origin}
    for problem in problems:
        by = set(_silencing(problem, found, _lines(problem, spans)))
        used |= by
        if not by:
            yield problem
    if trace.failed is None:
        wrong += _unused(found, used, trace, selection, source)
    yield from (problem for problem in sorted(wrong, key=_line) if not selection.ignores(problem.code))


def can_be_silenced(code: Code) -> bool:
    """Whether a comment may silence it: not what torch refuses, nor what the tool says of itself."""
    return "SHP2" <= code.id < "SHP9"


def _read(source: Source, spans: list[tuple[int, int]]) -> tuple[list[Suppression], list[Problem]]:
    """The suppressions, and a problem for each comment that means to be one."""
    found, wrong = [], []
    alone = {source.place(start, end).line for start, end in spans if _is_alone(source.text, start)}
    content = _first_content(source.text, spans)
    for comment, end in spans:
        if not (begin := _START.search(source.text, comment, end)):
            continue
        start = begin.start()
        form = _FORM.match(source.text, begin.end(), end)
        refusals = (
            _refusals(form[2]) if form else [(f"`{source.text[start:end].strip()}` silences nothing", FORM)]
        )
        if form and form[1] == "ignore-file" and comment > content:
            refusals = [("`ignore-file` stands below the first line of the spec", "move it to the top")]
        wrong += [
            Problem(
                MALFORMED_SUPPRESSION, said, help=help, severity="warning", place=source.place(start, end)
            )
            for said, help in refusals
        ]
        if form and not (refusals and form[1] == "ignore-file"):
            selectors = tuple(word for word in _selectors(form[2]) if not _refusal(word))
            lines = None if form[1] == "ignore-file" else _silenced(source, start, alone)
            removed = _removed(source.text, comment, start, end)
            found.append(Suppression(selectors, lines, form.span(2), removed))
    return found, wrong


def _selectors(listed: str) -> list[str]:
    return [match[0] for match in _SELECTOR.finditer(listed)]


def _refusals(listed: str) -> list[tuple[str, str | None]]:
    """What is wrong with a list of selectors, each with its help."""
    if not _selectors(listed):
        return [("the brackets are empty", FORM)]
    return [refusal for selector in _selectors(listed) if (refusal := _refusal(selector))]


def _refusal(selector: str) -> tuple[str, str | None] | None:
    if wrong := refused(selector):
        said, _, help = wrong.partition("; ")
        return said, help or None
    if selector == "ALL" or len(selector) < len("SHP3"):
        return f"`{selector}` silences too much to say what is meant", FORM
    codes = named(selector)
    if not any(map(can_be_silenced, codes)):
        why = "it is the tool's own" if codes[0].id >= "SHP9" else "the network cannot run with it"
        return f"`{selector}` cannot be silenced: {why}", None
    return None


def _is_alone(text: str, start: int) -> bool:
    """Whether nothing stands on the line before `start`."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    return not text[line:start].strip(" \t\ufeff")


def _first_content(text: str, spans: list[tuple[int, int]]) -> int:
    """Where the first character that is in no comment stands."""
    at = 0
    for start, end in spans:
        if text[at:start].strip("\ufeff \t\r\n"):
            break
        at = end
    return at + len(text[at:]) - len(text[at:].lstrip("\ufeff \t\r\n"))


def _silenced(source: Source, comment: int, alone: set[int]) -> frozenset[int]:
    """The comment's own line; of one that stands alone, the next line that is no comment.

    Where that line only names a layer (`- down:`), the layer's own line as well.
    """
    line = source.place(comment, comment).line
    while line in alone:
        line += 1
    if _NAME.match(source.text, source.start(line)):
        return frozenset({line, line + 1})
    return frozenset({line})


def _removed(text: str, comment: int, start: int, end: int) -> tuple[int, int]:
    """What goes with the comment: the blanks before it, or its line where it has one to itself."""
    if start == comment and _is_alone(text, start):
        line_end = re.compile(r"\r\n?|\n|$").match(text, end)
        begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        return begin, line_end.end() if line_end else end
    while text[start - 1] in " \t":
        start -= 1
    return start, end


def _lines(problem: Problem, spans: dict[str, Place]) -> frozenset[int]:
    """The lines on which a comment can silence a problem: its own, and those of its layer."""
    places = [place for place in (problem.place, spans.get(problem.path or "")) if place]
    return frozenset(line for place in places for line in range(place.line, place.end_line + 1))


def _silencing(
    problem: Problem, found: list[Suppression], lines: frozenset[int]
) -> Iterator[tuple[int, str]]:
    """Which selectors, by the number of their comment, silence a problem."""
    if can_be_silenced(problem.code):
        for number, suppression in enumerate(found):
            if suppression.covers(lines):
                for selector in suppression.selectors:
                    if matches(selector, problem.code):
                        yield number, selector


def _unused(
    found: list[Suppression],
    used: set[tuple[int, str]],
    trace: Trace,
    selection: Selection,
    source: Source,
) -> list[Problem]:
    profile = selection.profile or profile_of(trace)
    problems = []
    for number, suppression in enumerate(found):
        if _is_python(trace) and not _is_of(trace, suppression):
            continue
        idle = [
            selector
            for selector in dict.fromkeys(suppression.selectors)
            if (number, selector) not in used and _is_on(selector, selection, profile)
        ]
        if idle:
            problem = _idle(suppression, idle, source)
            problems.append(problem._replace(fix=None) if _is_python(trace) else problem)
    return problems


def _is_python(trace: Trace) -> bool:
    """Whether the text is a Python file, which may hold other networks and is not edited."""
    return (trace.arch.path or "").endswith(".py")


def _is_of(trace: Trace, suppression: Suppression) -> bool:
    """Whether a comment stands between the first layer of this network and the last."""
    places = [node.origin.place for node in trace.arch.nodes if node.origin]
    if suppression.lines is None or not places:
        return False
    first, last = min(place.line for place in places), max(place.end_line for place in places)
    return all(first <= line <= last for line in suppression.lines)


def _is_on(selector: str, selection: Selection, profile: str) -> bool:
    """Whether a rule that the selector stands for was looked at."""
    for code in named(selector):
        rule = RULES.get(code.id)
        if rule is not None and rule.is_found_by_lint:
            is_on = selection.is_on(rule, profile)
        else:
            is_on = not selection.ignores(code)
        if is_on:
            return True
    return False


def _idle(suppression: Suppression, idle: list[str], source: Source) -> Problem:
    """The problem of a comment whose selectors `idle` silence nothing, with the edit that removes them."""
    left = [word for word in _selectors(source.text[slice(*suppression.listed)]) if word not in idle]
    span, text = (suppression.listed, ", ".join(left)) if left else (suppression.removed, "")
    said = " and ".join(f"`{selector}`" for selector in idle)
    where = "in this file" if suppression.lines is None else "here"
    return Problem(
        UNUSED_SUPPRESSION,
        f"{said} {'is' if len(idle) == 1 else 'are'} not found {where}: the comment silences nothing",
        help=f"`ignore[{text}]` is enough" if left else "take the comment away",
        severity="warning",
        place=source.place(*suppression.listed),
        fix=Fix(True, (Edit(source.place(*span), text),)),
    )


def _line(problem: Problem) -> int:
    return problem.place.line if problem.place else 0
