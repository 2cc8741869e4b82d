"""What people see: diagnostics on their source text, and whole screens."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from terminal import EXAMPLES, columns

from shapecalc.problem import TOO_SMALL, Fix, Label, Place, Problem
from shapecalc.report import Report, check, check_text
from shapecalc.show.concise import concise
from shapecalc.show.diagnostic import FEWEST_COLUMNS, TAB, Line, diagnostic
from shapecalc.show.full import plain as screen
from shapecalc.show.text import cells, visible, wrapped

DESIGN = """\
# mel_cae.arch.yaml
name: MelCAE
input: 1x10x474
range: [0, 1]
vars: {width: 16}
encoder:
  - Conv2d(1, width, 3, stride=2, padding=1)
  - ReLU()
  - down: Conv2d(width, 2*width, 3, stride=2, padding=1)
decoder:
  - ConvTranspose2d: {in_channels: 32, out_channels: 16, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
  - ReLU
  - ConvTranspose2d(_, 1, 3, stride=2, padding=1, output_padding=(1, 1))
"""


def plain(lines: list[Line]) -> str:
    """The lines without their styles."""
    return "\n".join("".join(text for text, _ in line) for line in lines)


def problem(place: Place | None = None, **fields: object) -> Problem:
    return Problem(TOO_SMALL, "too small", place=place)._replace(**fields)  # type: ignore[arg-type]


def drawn(found: Problem, text: str | None, width: int = 100, charset: str = "utf-8") -> str:
    return plain(diagnostic(found, "a.yaml", text, width, charset)) + "\n"


def shown(report: Report, width: int) -> str:
    return screen(report.path, report.text, report.trace, report.problems, width)


def test_design_example() -> None:
    report = check_text(DESIGN, "mel_cae.arch.yaml")
    found = plain(diagnostic(report.problems[0], report.path, report.text, width=150))
    assert found == dedent("""\
        error[SHP201]: decoder returns 1x12x476, but the input is 1x10x474
          --> mel_cae.arch.yaml:11:113
           |
         9 |   - down: Conv2d(width, 2*width, 3, stride=2, padding=1)
           |           ---------------------------------------------- made 3x119 out of 5x237, remainder 0 and 0
        ...
        11 |   - ConvTranspose2d: {in_channels: 32, out_channels: 16, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
           |                                                                                                                 ^ makes 6x238 out of 3x119
           = note: height (3-1)*2 - 2*1 + 1*(3-1) + 1 + 1 = 6, where `encoder.down` took 5
           = help: output_padding=0 gives 16x5x237 here and 1x10x474 at the end   [safe fix]""")


def test_failing_screen() -> None:
    report = check(EXAMPLES / "mel_first_try.arch.yaml")._replace(path="mel_first_try.arch.yaml")
    assert shown(report, 80) == dedent("""\
        MelFirstTry  1x10x474 → cannot run
        layer      kind    in → out             window  parameters
        encoder.0  Conv2d  1x10x474 → 32x6x470  k5             832
        encoder.1  Conv2d  32x6x470 → 64x2x466  k5          51,264
        encoder.2  Conv2d  64x2x466 → ✗         k5
        total                                               52,096

        error[SHP105]: height 2 is smaller than kernel 5
         --> mel_first_try.arch.yaml:8:21
          |
        7 |   - Conv2d(32, 64, 5)
          |     ----------------- made 64x2x466 out of 32x6x470
        8 |   - Conv2d(64, 128, 5)
          |                     ^
          = note: height (2 + 2*0 - 1*(5-1) - 1)//1 + 1 = -2, and must be at least 1
          = help: padding=(2, 0) here and in `decoder.0` give 128x2x462 here and
                  1x10x474 at the end

        1 error
        """)


def test_clean_screen() -> None:
    report = check(EXAMPLES / "mel_cae.arch.yaml")
    assert shown(report, 80) == dedent("""\
        MelCAE  1x10x474 → 1x10x474
        layer      kind             in → out             window        parameters
        encoder.0  Conv2d           1x10x474 → 16x5x237  k3 s2 p1             160
        encoder.1  ReLU             16x5x237
        encoder.2  Conv2d           16x5x237 → 32x3x119  k3 s2 p1           4,640
        encoder.3  ReLU             32x3x119
        encoder.4  Conv2d           32x3x119 → 8x2x60    k3 s2 p1           2,312
        decoder.0  ConvTranspose2d  8x2x60 → 32x3x119    k3 s2 p1           2,336
        decoder.1  ReLU             32x3x119
        decoder.2  ConvTranspose2d  32x3x119 → 16x5x237  k3 s2 p1           4,624
        decoder.3  ReLU             16x5x237
        decoder.4  ConvTranspose2d  16x5x237 → 1x10x474  k3 s2 p1 op1         145
        decoder.5  Sigmoid          1x10x474
        total                                                              14,217

        note[SHP304] decoder.0: uneven overlap: some outputs sum 4 taps, others 1
          (kernel_size=4 with padding=2, output_padding=1 mends it)
        note[SHP304] decoder.2: uneven overlap: some outputs sum 4 taps, others 1
          (kernel_size=4 with padding=2, output_padding=1 mends it)
        note[SHP304] decoder.4: uneven overlap: some outputs sum 4 taps, others 1
          (kernel_size=4 with output_padding=0 mends it)

        ok: 1x10x474 comes back unchanged, 3 notes
        """)


def test_columns_that_have_no_room_are_left_out() -> None:
    report = check(EXAMPLES / "mel_cae.arch.yaml")
    headers = [shown(report, width).splitlines()[1].split() for width in (73, 72, 60, 58, 40)]
    everything = ["layer", "kind", "in", "→", "out", "window", "parameters"]
    assert headers[0] == everything
    assert headers[1] == [*everything[:5], "parameters"]
    assert headers[3] == everything[:5]
    assert headers[4] == ["layer", "in", "→", "out"]
    assert "total" not in shown(report, 40)


def test_join_is_broken_at_its_inputs() -> None:
    lines = shown(check(EXAMPLES / "unet.arch.yaml"), 80).splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("layers.6 "))
    assert lines[row].split() == ["layers.6", "Cat", "32x32x48", "and", "32x32x48", "→"]
    assert lines[row + 1].split() == ["64x32x48"]


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_left_for_the_terminal_to_break(example: object, width: int) -> None:
    report = check(str(example))._replace(path="a.yaml")
    assert [line for line in shown(report, width).splitlines() if columns(line) > width] == []


def test_symbols_are_formulas_and_conditions_stand_below_the_table() -> None:
    spec = "layers:\n  - Conv2d(1, 2, 3, stride=2, padding=1)\n  - MaxPool2d(2)\n  - Conv2d(2, 2, 1)"
    text = shown(check_text(spec, None, "1xHx8"), 100)
    assert "1xHx8 → 2 × ⌊(H+1)/2⌋ × 4" in text
    assert "layers.1  MaxPool2d  → 2 × ⌊(H+1)/4⌋ × 2" in text
    assert text.count("needs") == 1
    assert "\n    layers.1  needs H ≥ 3\n" in text
    assert "\n  runs   for H ≥ 3\n" in text


def test_ascii_charset_leaves_nothing_out() -> None:
    report = check_text("name: größe\nlayers:\n  - Conv2d(1, 2, 9) # 層", "ä.yaml", "1x4x4")
    text = screen("ä.yaml", report.text, report.trace, report.problems, charset="ascii")
    assert text.isascii()
    assert "1x4x4 -> x" in text
    assert "gr\\xf6\\xdfe" in text
    assert "\\xe4.yaml:3:18" in text
    source, pointer = (line for line in text.splitlines() if "Conv2d(1" in line or "^" in line)
    assert source[pointer.index("^")] == "9"


def test_markup_and_emoji_codes_are_text() -> None:
    spec = "name: '[red]x[/red] :smile:'\nlayers:\n  - '[bold]': ReLU\n"
    assert "[red]x[/red] :smile:" in shown(
        check_text("name: '[red]x[/red] :smile:'\nlayers: [ReLU]", None, "1x4"), 80
    )
    report = check_text(spec, "[b].yaml", "1x4")
    assert "  - '[bold]': ReLU" in shown(report, 80)
    assert "[b].yaml:3:" in shown(report, 80)


def test_control_characters_do_not_reach_the_screen() -> None:
    found = problem(
        Place(1, 3, 1, 4), message="a\x1b[2Jb", note="\r\n", labels=(Label(Place(1, 1, 1, 2), "\x07"),)
    )
    for text in (drawn(found, "x\x9b \u202eevil\u2028"), *concise("a\x1b.yaml\n", (found,))):
        assert all(character.isprintable() for character in text.rstrip("\n").replace("\n", "")), text


def test_place_at_the_end_of_the_text() -> None:
    assert drawn(problem(Place(2, 3, 2, 3)), "a:\n- \n") == dedent("""\
        error[SHP105]: too small
         --> a.yaml:2:3
          |
        2 | -
          |   ^
        """).replace("2 | -\n", "2 | - \n")
    assert "2 | \n  | ^\n" in drawn(problem(Place(2, 1, 2, 1)), "a:\n")
    assert "3 | \n  | ^\n" in drawn(problem(Place(3, 9, 3, 9)), "a:\n")


def test_place_over_several_lines_is_drawn_on_its_first() -> None:
    assert "1 | - Conv2d(1,  \n  |   ^^^^^^^^^ that one\n" in drawn(
        problem(Place(1, 3, 2, 4), labels=(Label(Place(1, 3, 2, 4), "that one"),)), "- Conv2d(1,  \n  2)\n"
    )


def test_labels_on_one_line_and_far_away() -> None:
    labels = (
        Label(Place(1, 1, 1, 2), "first"),
        Label(Place(1, 5, 1, 6), "third"),
        Label(Place(12, 1, 12, 2), "last"),
    )
    assert drawn(problem(Place(1, 3, 1, 4), labels=labels), "a b c\n" + "\n" * 10 + "z\n") == dedent("""\
        error[SHP105]: too small
          --> a.yaml:1:3
           |
         1 | a b c
           | - first
           |   ^
           |     - third
        ...
        12 | z
           | - last
        """)


def test_label_without_room_stands_below() -> None:
    label = Label(Place(1, 30, 1, 31), "this is said of it at some length")
    assert drawn(problem(label.place, labels=(label,)), "x" * 30, width=44).endswith(
        f"1 | {'x' * 30}\n  | {' ' * 29}^\n  | {' ' * 6}{label.text}\n"
    )


def test_marks_that_are_far_apart_draw_their_line_again() -> None:
    text = "a" + "." * 500 + "b"
    found = drawn(problem(Place(1, 502, 1, 503), labels=(Label(Place(1, 1, 1, 2), "here"),)), text, width=60)
    assert found.count("1 | ") == 2
    assert "- here" in found
    assert "...b\n" in found


def test_without_place_or_text() -> None:
    assert drawn(problem(path="encoder.1"), "a: 1") == "error[SHP105]: too small\n --> a.yaml `encoder.1`\n"
    assert drawn(problem(Place(3, 4, 3, 5)), None) == "error[SHP105]: too small\n --> a.yaml:3:4\n"
    assert plain(diagnostic(problem(), None, None)) == "error[SHP105]: too small"


def test_notes_are_broken_at_blanks() -> None:
    found = problem(note="one two three four five six seven", help="set it", fix=Fix(True, ()))
    assert plain(diagnostic(found, None, None, width=40)) == dedent("""\
        error[SHP105]: too small
          = note: one two three four five six
                  seven
          = help: set it   [safe fix]""")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    text = end.join(["name: x", "layers:", "  - ReLU", "  - Conv2d(1, 2, 9)", ""])
    report = check_text(text, "a.yaml", "1x4x4")
    assert "4 |   - Conv2d(1, 2, 9)\n  |                  ^\n" in shown(report, 80)


characters = st.one_of(
    st.sampled_from("ab (),\t層가é\u0301\u0300\x1b\u200b\U0001f600\ufeff"),
    st.characters(exclude_characters="\r\n"),
)


@given(
    line=st.text(characters, min_size=1, max_size=300),
    start=st.integers(0, 300),
    length=st.integers(0, 60),
    width=st.integers(30, 120),
    charset=st.sampled_from(["utf-8", "ascii", "cp1252"]),
)
@example(line="\t\t層" * 20 + "x", start=60, length=1, width=40, charset="utf-8")
@example(line="x" * 300, start=300, length=0, width=40, charset="utf-8")
def test_caret_stands_under_its_character(
    line: str, start: int, length: int, width: int, charset: str
) -> None:
    start = min(start, len(line))
    end = min(start + length, len(line))
    rows = drawn(problem(Place(1, start + 1, 1, end + 1)), line, width, charset).split("\n")
    source, pointer = rows[3].removeprefix("1 | "), rows[4].removeprefix("  | ")
    assert all(columns(row) <= max(width, FEWEST_COLUMNS + 5) for row in rows)
    assert pointer.strip("^ ") == ""
    column = pointer.index("^")
    under = "".join(character * columns(character) for character in source)[column:]
    if start == len(line):
        assert under == ""
        return
    marked = TAB if line[start] == "\t" else visible(line[start], charset)
    assume(columns(marked) > 0)
    wanted = "".join(character * columns(character) for character in marked)
    assert under.startswith(wanted)


@given(st.text(characters, max_size=80), st.integers(1, 40))
def test_wrapped_keeps_every_word(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert " ".join(lines) == text
    assert all(cells(line) <= width or " " not in line for line in lines)


def test_concise_is_one_line_a_problem() -> None:
    found = problem(Place(8, 21, 8, 22), path="encoder.2", note="not said", help="padding=2")
    assert list(concise("a.yaml", (found, problem()))) == [
        "a.yaml:8:21: error[SHP105] encoder.2: too small (help: padding=2)",
        "a.yaml:1:1: error[SHP105] too small",
    ]
