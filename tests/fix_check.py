"""Working specs broken by one random edit, and what the repairs make of them: `python tests/fix_check.py N SEED`."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from torch_oracle import BATCH, torch_shapes

from shapecalc.edit import edited
from shapecalc.fixing import Fixed, fixed
from shapecalc.report import check_text


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
        down.append(f"- Conv2d({channels}, {wider}, {k}, stride={s}, padding={p})")
        down += [f"- BatchNorm2d({wider})"] if random.random() < 0.3 else []
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


def is_true(text: str, result: Fixed, safe: bool) -> str | None:
    """What is wrong with a result: torch disagrees, or the text changed elsewhere than at the edits' places."""
    trace = result.report.trace
    if trace is None:
        return "unreadable"
    if not result.left:
        shapes = torch_shapes(trace.arch, trace, trace.input)
        if shapes[-1] != (BATCH, *(trace.output or ())):
            return f"torch returns {shapes[-1]}"
    again = fixed(result.text, unsafe=not safe)
    if again.applied:
        return "not idempotent"
    redone = text
    for problem in result.applied:
        assert problem.fix is not None
        redone = edited(redone, problem.fix.edits)
    return None if redone == result.text else "the text is not the edits'"


def run(count: int, seed: int) -> Tally:
    """Break so many specs; those that still work as they are do not count."""
    random = Random(seed)
    tally = Tally(0, 0, 0, 0, 0, [])
    while tally.broken < count:
        lines = random.choice((autoencoder, classifier, unet))(random)
        assert check_text("\n".join(lines), None).ok, "\n".join(lines)
        text = "\n".join(broken(lines, random))
        if check_text(text, None).ok:
            continue
        safe, unsafe = fixed(text), fixed(text, unsafe=True)
        wrong = [f"{why}: {text}" for why in (is_true(text, safe, True), is_true(text, unsafe, False)) if why]
        tally = Tally(
            tally.broken + 1,
            tally.found + bool(check_text(text, None).problems),
            tally.safe + (not safe.left),
            tally.unsafe + (bool(safe.left) and not unsafe.left),
            tally.left + bool(unsafe.left),
            tally.wrong + wrong,
        )
        if unsafe.left and __name__ == "__main__":
            print(text, unsafe.report.problems[0], sep="\n", end="\n\n")
    return tally


if __name__ == "__main__":
    import sys

    tally = run(int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(tally.wrong[:5]))
    print(
        f"{tally.broken} broken, {tally.found} found, {tally.safe} mended by safe fixes, {tally.unsafe} more by unsafe "
        f"ones, {tally.left} left, {len(tally.wrong)} wrong"
    )
