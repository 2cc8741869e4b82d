"""Working specs broken by one random edit, and what the repairs make of them: `python tests/fix_check.py N SEED`.

One number of one layer is changed, or the input's sizes: at an odd one a pool drops what doubling does not bring
back, and only a pad or a crop gives every join and every end its size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from torch_oracle import BATCH, torch_shapes

from shapecalc.fixing import Fixed, fixed
from shapecalc.lint.selection import Selection
from shapecalc.repair.edit import edited
from shapecalc.report import check_text

#: What torch refuses and what breaks the contract; the linter's findings have tests of their own.
WITHOUT_LINT = Selection(ignore=("SHP3", "SHP4", "SHP5"))


class Tally(NamedTuple):
    """How many broken specs there were; found broken; mended safely, unsafely; left; and what went wrong."""

    broken: int
    found: int
    safe: int
    unsafe: int
    left: int
    wrong: list[str]


def autoencoder(random: Random) -> list[str]:
    """A mirrored autoencoder that returns its input, line by line."""
    size = [random.randint(24, 60), random.randint(24, 60)]
    channels, down, up = 1, [], []
    lines = [f"input: 1x{size[0]}x{size[1]}", "encoder:"]
    for _ in range(random.randint(1, 3)):
        wider = random.choice((4, 6, 8))
        k, s, p = random.randint(2, 4), random.randint(1, 2), random.randint(0, 1)
        rest = tuple((length + 2 * p - k) % s for length in size)
        size = [(length + 2 * p - k) // s + 1 for length in size]
        norm = random.random() < 0.3
        down.append(
            f"- Conv2d({channels}, {wider}, {k}, stride={s}, padding={p}{', bias=False' if norm else ''})"
        )
        down += [f"- BatchNorm2d({wider})"] if norm else []
        up.append(
            f"- ConvTranspose2d({wider}, {channels}, {k}, stride={s}, padding={p}, output_padding={rest})"
        )
        channels = wider
    return [*lines, *down, "decoder:", *reversed(up), ""]


def classifier(random: Random) -> list[str]:
    """Convolutions, a pool, a Flatten and two Linears."""
    size, channels, features = random.randint(20, 40), random.choice((4, 8)), random.choice((10, 20))
    pooled = (size - 2) // 2
    return [
        f"input: 3x{size}x{size}",
        "output: 5",
        "layers:",
        f"- Conv2d(3, {channels}, 3)",
        "- ReLU()",
        "- MaxPool2d(2)",
        "- Flatten()",
        f"- Linear({channels * pooled * pooled}, {features})",
        f"- Linear({features}, 5)",
        "",
    ]


def unet(random: Random) -> list[str]:
    """One level, with sizes that pooling halves without a rest or with one that output_padding gives back."""
    height, width = random.randint(16, 40), random.randint(16, 40)
    return [
        f"input: 3x{height}x{width}",
        "layers:",
        "- skip: Conv2d(3, 8, 3, padding=1)",
        "- MaxPool2d(2)",
        "- Conv2d(8, 16, 3, padding=1)",
        f"- up: ConvTranspose2d(16, 8, 2, stride=2, output_padding=({height % 2}, {width % 2}))",
        "- Cat(up, skip)",
        "- Conv2d(16, 2, 1)",
        "",
    ]


def doubling_unet(random: Random) -> list[str]:
    """Skips joined behind plain doubling, in every way to write a join; it runs where all sizes can be halved."""
    rank, levels = random.choice((1, 2, 2, 2, 3)), random.randint(1, 2)
    sizes = [4 * random.randint(2, 6) for _ in range(rank)]
    lines = [f"input: 2x{'x'.join(map(str, sizes))}", "layers:", f"- Conv{rank}d(2, 4, 1)  # a stem"]
    for level in range(levels):
        lines += [f"- enc{level}: Conv{rank}d(4, 4, 3, padding=1)", f"- MaxPool{rank}d(2)"]
    for level in reversed(range(levels)):
        up, joins = f"up{level}", random.random() < 0.5
        kind = random.choice(
            (f"Conv{rank}d(4, 4, 1)", "Identity", f"ConvTranspose{rank}d(4, 4, 3, padding=1)")
        )
        lines += ["- Upsample(scale_factor=2)", f"- {up}: {kind}  # level {level}"]
        names = random.choice((f"{up}, enc{level}", f"enc{level}, x", f"enc{level}"))
        join = random.choice((f"Cat({names})", f"Cat: [{names}]", f"'Cat({names})'"))
        if joins:
            lines += [f"- {join}  # the skip", f"- Conv{rank}d(8, 4, 1)"]
        else:
            lines += [f"- sum{level}: Add({names})  # the skip"]
    return [*lines, f"- Conv{rank}d(4, 1, 1)", ""]


def doubling_autoencoder(random: Random) -> list[str]:
    """A decoder that doubles what its encoder halves."""
    levels, size = random.randint(1, 2), [4 * random.randint(3, 8) for _ in range(2)]
    half = random.choice(("MaxPool2d(2)", "AvgPool2d(2)", "Conv2d(4, 4, 3, stride=2, padding=1)"))
    down = [line for _ in range(levels) for line in (f"- {half}", "- ReLU  # half")]
    up = [line for _ in range(levels) for line in ("- Upsample(scale_factor=2)", "- Identity  # double")]
    ends = ["- Conv2d(4, 1, 1)", "- ConvTranspose2d: {in_channels: 4, out_channels: 1, kernel_size: 1}"]
    lines = [f"input: 1x{size[0]}x{size[1]}", "encoder:", "- Conv2d(1, 4, 1)", *down]
    return [*lines, "decoder:", *up, random.choice(ends), ""]


def at_odd_sizes(lines: list[str], random: Random) -> list[str]:
    """The input a little smaller or larger, so that not everything can be halved."""
    channels, *sizes = map(int, lines[0].removeprefix("input: ").split("x"))
    moved = [size + random.choice((-1, 1, 2, 3)) for size in sizes]
    return [f"input: {'x'.join(map(str, (channels, *moved)))}", *lines[1:]]


def broken(lines: list[str], random: Random) -> list[str]:
    """One number of one layer changed."""
    numbered = [
        (row, at)
        for row, line in enumerate(lines)
        if line.startswith("- ")
        for at, character in enumerate(line)
        if character.isdigit() and line[at - 1] in "(=, " and not line[at + 1].isdigit()
    ]
    row, at = random.choice(numbered)
    digit = str(max(0, min(9, int(lines[row][at]) + random.choice((-1, 1, 2)))))
    return [*lines[:row], lines[row][:at] + digit + lines[row][at + 1 :], *lines[row + 1 :]]


class Breakage(NamedTuple):
    """Working specs, and an edit that breaks them."""

    specs: Sequence[Callable[[Random], list[str]]]
    broken: Callable[[list[str], Random], list[str]]


NUMBERS = Breakage((autoencoder, classifier, unet), broken)
ODD_SIZES = Breakage((doubling_unet, doubling_unet, doubling_autoencoder), at_odd_sizes)


def is_true(text: str, result: Fixed, safe: bool) -> str | None:
    """What is wrong with a result: torch disagrees, or the text changed elsewhere than at the edits' places."""
    trace = result.report.trace
    if trace is None:
        return "unreadable"
    if _kept(text) != _kept(result.text):
        return "comments or line ends changed"
    if result.report.ok:
        shapes = torch_shapes(trace.arch, trace, trace.input)
        if shapes[-1] != (BATCH, *(trace.output or ())):
            return f"torch returns {shapes[-1]}"
    again = fixed(result.text, unsafe=not safe, selection=WITHOUT_LINT)
    if again.applied:
        return "not idempotent"
    redone = text
    for problem in result.applied:
        assert problem.fix is not None
        redone = edited(redone, problem.fix.edits)
    return None if redone == result.text else "the text is not the edits'"


def _kept(text: str) -> tuple[list[str], set[str]]:
    """What no repair may touch: comments, and the kind of line ends."""
    return re.findall(r"#[^\r\n]*", text), set(re.findall(r"\r\n?|\n", text))


def run(count: int, seed: int, breakage: Breakage = NUMBERS) -> Tally:
    """Break so many specs; those that still work as they are do not count."""
    random = Random(seed)
    tally = Tally(0, 0, 0, 0, 0, [])
    while tally.broken < count:
        lines = random.choice(breakage.specs)(random)
        assert check_text("\n".join(lines), None, selection=WITHOUT_LINT).ok, "\n".join(lines)
        text = random.choice(("\n", "\n", "\r\n")).join(breakage.broken(lines, random))
        if check_text(text, None, selection=WITHOUT_LINT).ok:
            continue
        safe, unsafe = (fixed(text, unsafe=both, selection=WITHOUT_LINT) for both in (False, True))
        wrong = [f"{why}: {text}" for why in (is_true(text, safe, True), is_true(text, unsafe, False)) if why]
        tally = Tally(
            tally.broken + 1,
            tally.found + bool(check_text(text, None, selection=WITHOUT_LINT).problems),
            tally.safe + safe.report.ok,
            tally.unsafe + (unsafe.report.ok and not safe.report.ok),
            tally.left + (not unsafe.report.ok),
            tally.wrong + wrong,
        )
        if not unsafe.report.ok and __name__ == "__main__":
            print(text, unsafe.report.problems[0], sep="\n", end="\n\n")
    return tally


if __name__ == "__main__":
    import sys

    for title, breakage in (("numbers", NUMBERS), ("odd sizes", ODD_SIZES)):
        tally = run(int(sys.argv[1]), int(sys.argv[2]), breakage)
        print("\n".join(tally.wrong[:5]))
        print(
            f"{title}: {tally.broken} broken, {tally.found} found, {tally.safe} mended by safe fixes, "
            f"{tally.unsafe} more by unsafe ones, {tally.left} left, {len(tally.wrong)} wrong"
        )
