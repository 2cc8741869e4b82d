"""Comments that silence rules: which lines they hold for, what they cannot silence, and those that silence nothing."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from terminal import EXAMPLES

import shapecalc.report
from shapecalc.arch import Arch, Node, Origin
from shapecalc.fixing import fixed
from shapecalc.layer import Layer
from shapecalc.layers.conv import Conv2d
from shapecalc.layers.norm import BatchNorm2d
from shapecalc.lint.selection import Selection
from shapecalc.lint.selectors import selection
from shapecalc.lint.suppress import MARK, can_be_silenced
from shapecalc.problem import Problem
from shapecalc.read.comments import comments
from shapecalc.read.nodes import Source
from shapecalc.repair.edit import edited
from shapecalc.report import Report, check_text, judge
from shapecalc.shapes import whole_shape

ONE = selection(["SHP316"])

#: The bias before a norm (SHP316) is on line 3 of each, or in its lines; what is left is `code line column`.
CASES = {
    "on the line": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP316] kept{b}", ""),
    "by name": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[bias-before-norm]{b}", ""),
    "by the beginning of its code": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP3]{b}", ""),
    "in small letters": ("{a}- Conv2d(3, 4, 3)  #shapecalc:ignore[shp316]{b}", ""),
    "behind another comment": ("{a}- Conv2d(3, 4, 3)  # 4x6x6  # shapecalc: ignore[SHP316] #12{b}", ""),
    "above": ("{a}# shapecalc: ignore[SHP316]\n  - Conv2d(3, 4, 3){b}", ""),
    "above, with another comment between": (
        "{a}# shapecalc: ignore[SHP316]\n  # why\n  - Conv2d(3, 4, 3){b}",
        "",
    ),
    "above, indented less": ("{a}# x\n# shapecalc: ignore[SHP316]\n  - Conv2d(3, 4, 3){b}", ""),
    "above the name": ("{a}# shapecalc: ignore[SHP316]\n  - a:\n      Conv2d(3, 4, 3){b}", ""),
    "on a later line of the layer": ("{a}- Conv2d(3, 4,\n      3)  # shapecalc: ignore[SHP316]{b}", ""),
    "on an argument's line": (
        "{a}- Conv2d:\n      in_channels: 3\n      out_channels: 4\n      kernel_size: 3 # shapecalc: ignore[SHP316]{b}",
        "",
    ),
    "in the whole file": ("# shapecalc: ignore-file[SHP316] old\n{a}- Conv2d(3, 4, 3){b}", ""),
    "in the whole file, below a comment": (
        "# of 2016\n\n# shapecalc: ignore-file[SHP316]\n{a}- Conv2d(3, 4, 3){b}",
        "",
    ),
    "beside another rule that is off": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP316,SHP302]{b}", ""),
    "not with a line between": (
        "{a}# shapecalc: ignore[SHP316]\n\n  - Conv2d(3, 4, 3){b}",
        "SHP316:5 SHP904:3",
    ),
    "not below": ("{a}- Conv2d(3, 4, 3)\n  # shapecalc: ignore[SHP316]{b}", "SHP316:3 SHP904:4"),
    "not behind the line above": (
        "{a}- ReLU # shapecalc: ignore[SHP316]\n  - Conv2d(3, 4, 3){b}",
        "SHP316:4 SHP904:3",
    ),
    "not another rule": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP201]{b}", "SHP316:3 SHP904:3"),
    "not the rule in vain as well": (
        "{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP316, SHP201]{b}",
        "SHP904:3",
    ),
    "not without brackets": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore SHP316{b}", "SHP316:3 SHP905:3"),
    "not with another word": ("{a}- Conv2d(3, 4, 3)  # shapecalc: allow[SHP316]{b}", "SHP316:3 SHP905:3"),
    "not with empty brackets": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[ , ]{b}", "SHP316:3 SHP905:3"),
    "not everything": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[ALL]{b}", "SHP316:3 SHP905:3"),
    "not every code": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP]{b}", "SHP316:3 SHP905:3"),
    "not a file in its middle": (
        "{a}- Conv2d(3, 4, 3)  # shapecalc: ignore-file[SHP316]{b}",
        "SHP316:3 SHP905:3",
    ),
    "not an unknown rule": (
        "{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[bias-befor-norm]{b}",
        "SHP316:3 SHP905:3",
    ),
    "not what torch refuses": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP105]{b}", "SHP316:3 SHP905:3"),
    "not the comments' own": ("{a}- Conv2d(3, 4, 3)  # shapecalc: ignore[SHP904]{b}", "SHP316:3 SHP905:3"),
    "not from a quoted text": (
        "name: '# shapecalc: ignore-file[SHP316]'\n{a}- Conv2d(3, 4, 3){b}",
        "SHP316:4",
    ),
    "not from a block text": (
        "name: |\n  # shapecalc: ignore-file[SHP316]\n{a}- Conv2d(3, 4, 3){b}",
        "SHP316:5",
    ),
    "not from a word": ("name: x#shapecalc:ignore\n{a}- Conv2d(3, 4, 3){b}", "SHP316:4"),
}
BEFORE, AFTER = "input: 3x8x8\nlayers:\n  ", "\n  - BatchNorm2d(4)\n"


def found(report: Report) -> str:
    return " ".join(
        f"{problem.code.id}:{problem.place.line if problem.place else 0}" for problem in report.problems
    )


@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("text", "left"), CASES.values(), ids=CASES)
def test_cases(text: str, left: str, breaks: str) -> None:
    text = text.format(a=BEFORE, b=AFTER).replace("\n", breaks)
    assert found(check_text(text, None, selection=ONE)) == left


@pytest.mark.parametrize(("text", "left"), CASES.values(), ids=CASES)
def test_the_fix_leaves_no_comment_that_silences_nothing(text: str, left: str) -> None:
    """Unused comments go, code by code; all else in the file stays as it was."""
    text = text.format(a=BEFORE, b=AFTER)
    mended = fixed(text, selection=ONE)
    expected = [one[:6] for one in left.split() if one[:6] != "SHP904"]
    assert [problem.code.id for problem in mended.left] == expected
    if "SHP904" not in left:
        assert mended.text == text
    else:
        whole = text.replace(", SHP201]", "]")
        gone = "\n".join(
            line.partition("#")[0].rstrip() for line in text.split("\n") if not line.strip().startswith("#")
        )
        assert mended.text == (whole if whole != text else gone)


def test_errors_of_torch_stay() -> None:
    text = "input: 1x4x4\nlayers:\n  - Conv2d(1, 8, 5)  # shapecalc: ignore[kernel-over-input] it works\n"
    report = check_text(text, None)
    assert found(report) == "SHP105:3 SHP905:3"
    assert (
        report.problems[1].message == "`kernel-over-input` cannot be silenced: the network cannot run with it"
    )


def test_a_broken_contract_may_be_meant() -> None:
    text = "input: 1x9x9\nencoder:\n  - Conv2d(1, 8, 3)\ndecoder:\n  - Conv2d(8, 1, 3)  # shapecalc: ignore[SHP201]\n"
    assert "SHP201" in found(check_text(text.partition("#")[0], None))
    assert check_text(text, None, selection=selection(["SHP2"])).problems == ()


@pytest.mark.parametrize(
    ("select", "ignore", "left"),
    [
        (["SHP316"], [], "SHP904:3"),
        (["SHP317"], [], ""),  # its rule was off
        (["SHP316"], ["SHP904"], ""),
        (["SHP316"], ["unused-suppression"], ""),
        (["SHP316"], ["SHP9"], ""),
        (["SHP3"], ["SHP316", "SHP317"], ""),
    ],
)
def test_an_unused_one_is_told_where_its_rule_was_on(select: list[str], ignore: list[str], left: str) -> None:
    text = "input: 3x8x8\nlayers:\n  - ReLU  # shapecalc: ignore[SHP316]\n"
    assert found(check_text(text, None, selection=selection(select, ignore))) == left


def test_an_unused_one_waits_until_the_network_runs() -> None:
    text = "input: 3x8x8\nlayers:\n  - Conv2d(4, 4, 3)\n  - ReLU  # shapecalc: ignore[SHP316]\n"
    assert found(check_text(text, None, selection=ONE)) == "SHP103:3"


def test_a_layer_of_many_repeats_is_silenced_once() -> None:
    text = (
        "input: 3x8x8\nlayers:\n  - repeat: 3\n    layers:\n"
        "      - Conv2d(3, 3, 3, padding=1)  # shapecalc: ignore[SHP316]\n      - BatchNorm2d(3)\n"
    )
    assert check_text(text, None, selection=ONE).problems == ()


def test_comments_are_those_of_yaml() -> None:
    """Random texts of scalars with `#` in them: a comment put behind any line is found, and nothing else."""
    scalars = ['"a # b"', "'a # ''b'", "a#b", "'#'", '"\\" # x"', "Conv2d(1, 8, 3)", "[x, '# y']", "{a: '#'}"]
    for seed in range(200):
        choose = random.Random(seed)
        lines, expected = [], []
        for number in range(8):
            comment = f"# c{number} 'x \"# y" if choose.random() < 0.5 else ""
            line = choose.choice(["", f"k{number}: {choose.choice(scalars)}", f"k{number}: |\n  # no\n  '\n"])
            expected += [comment] if comment and not line.endswith("\n") else []
            lines.append(line if line.endswith("\n") else f"{line} {comment}".rstrip() + "\n")
        text = "k: 1\n" + "".join(lines)
        assert [text[start:end] for start, end in comments(text)] == expected, text


def test_a_removed_line_leaves_its_neighbours() -> None:
    text = "layers:\r\n  # one\r\n  # shapecalc: ignore[SHP316]\r\n  - ReLU\r\n"
    (problem,) = check_text(text, None, "3x8x8", selection=ONE).problems
    assert problem.fix is not None
    assert problem.fix.safe
    assert edited(text, problem.fix.edits) == "layers:\r\n  # one\r\n  - ReLU\r\n"


def test_comments_of_python() -> None:
    """A network that was written in Python: its own lines are silenced, and no comment of another is looked at."""
    text = (
        "# shapecalc: ignore-file[SHP304]\n"
        "class A(Module):\n"
        "    def __init__(self):\n"
        "        self.a = Conv2d(3, 4, 3)  # shapecalc: ignore[SHP316] '# kept'\n"
        "        self.b = BatchNorm2d(4)  # shapecalc: ignore[SHP316]\n"
        "class B(Module):\n"
        "    name = '# shapecalc: ignore'  # shapecalc: ignore[SHP316]\n"
    )
    source = Source(text)
    layers: list[Layer] = [Conv2d(3, 4, 3), BatchNorm2d(4)]
    nodes = []
    for number, layer in enumerate(layers):
        start = text.index(repr(layer))
        span = (start, start + len(repr(layer)))
        nodes.append(Node("ab"[number], layer, (number,), Origin(span, span, {}, source.place)))
    arch = Arch(nodes, input=whole_shape("3x8x8"), text=text, path="a.py")
    (problem,) = judge(arch, selection=ONE).problems
    assert (problem.code.id, problem.place and problem.place.line, problem.fix) == ("SHP904", 5, None)


def test_the_mark_is_what_the_report_looks_for() -> None:
    """`report.judge` looks for the word before it imports anything."""
    assert f'"{MARK}" in' in Path(shapecalc.report.__file__).read_text(encoding="utf-8")


FILES = sorted(EXAMPLES.rglob("*.arch.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_finding_of_the_examples_can_be_silenced(path: Path) -> None:
    """A comment on the line of a finding, and one above it, takes out this code on this layer and nothing else."""
    text = path.read_text(encoding="utf-8")
    select = Selection(extend=("SHP3", "SHP4"))  # notes stand beside errors, too
    before = check_text(text, None, selection=select)
    lines = text.split("\n")
    silenceable = [problem for problem in before.problems if can_be_silenced(problem.code)]
    for problem in random.Random(1).sample(silenceable, min(2, len(silenceable))):
        assert problem.place is not None
        at = problem.place.line - 1
        comment = f"# shapecalc: ignore[{problem.code.id}] known"
        indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
        for changed in (
            [*lines[:at], f"{lines[at]}  {comment}", *lines[at + 1 :]],
            [*lines[:at], indent + comment, *lines[at:]],
        ):
            after = check_text("\n".join(changed), None, selection=select)
            gone = Counter(map(_bare, before.problems)) - Counter(map(_bare, after.problems))
            assert not Counter(map(_bare, after.problems)) - Counter(map(_bare, before.problems)), after
            assert _bare(problem) in gone
            assert {code for code, _ in gone} == {problem.code.id}


def _bare(problem: Problem) -> tuple[str, str]:
    return problem.code.id, f"{problem.path}: {problem.message}"


COMMENTS = [
    "# shapecalc: ignore[SHP302]",
    "# shapecalc: ignore[",
    "#shapecalc:",
    " # shapecalc: ignore-file[SHP3, SHP304]x",
    " # shapecalc:ignore [ a,,b ] ]",
    "\n# shapecalc: ignore[SHP105]\n",
    "\r# shapecalc: ignore[uneven-overlap]\r\n",
    " # shapecalc: ignore[SHP304,SHP317] #",
    "  \t# shapecalc: ignore-file[SHP3]",
]


@pytest.mark.parametrize("seed", range(40))
def test_comments_anywhere(seed: int) -> None:
    """Comments, broken ones too, at random places: each fix takes its own finding away and brings no other back."""
    choose = random.Random(seed)
    text = choose.choice(FILES).read_text(encoding="utf-8")
    for _ in range(choose.randrange(1, 5)):
        ends = [at for at, character in enumerate(text) if character == "\n"]
        at = choose.choice([choose.randrange(len(text) + 1), *ends])
        text = text[:at] + choose.choice(COMMENTS) + text[at:]
    before = check_text(text, None)
    if before.trace is None or before.trace.failed is not None:
        return
    unused = [problem for problem in before.problems if problem.code.id == "SHP904"]
    for problem in unused:
        assert problem.fix is not None
        after = check_text(edited(text, problem.fix.edits), None)
        assert after.trace is not None
        assert sum(left.code.id == "SHP904" for left in after.problems) == len(unused) - 1
        others = [
            Counter(_bare(one) for one in report.problems if one.code.id < "SHP904")
            for report in (before, after)
        ]
        assert others[0] == others[1]
