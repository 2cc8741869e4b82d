"""Repairs made: on random broken specs, from Python, and in files."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
from fix_check import NUMBERS, ODD_SIZES, WITHOUT_LINT, Breakage, run
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc.cli import app
from shapecalc.files import write_whole
from shapecalc.fixing import Fixed, diff, fixed

BROKEN = """\
input: 1x9x9            # a comment
encoder:
- Conv2d(1, 8, 3, stride=2, bias=False)   # kept
- BatchNorm2d(7)
decoder:
- ConvTranspose2d(8, 1, 3, stride=2, output_padding=1)
"""
MENDED = BROKEN.replace("BatchNorm2d(7)", "BatchNorm2d(8)").replace("output_padding=1", "output_padding=0")


def mended(text: str, input: str | None = None, unsafe: bool = False) -> Fixed:
    """`sc.fix`, with the linter's findings left out: those have tests of their own."""
    return fixed(text, None, input, unsafe, selection=WITHOUT_LINT)


def check(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["check", *arguments, "--ignore", "SHP3,SHP4,SHP5"])
    return done.exit_code, done.stdout, done.stderr


def test_random_breakages() -> None:
    tally = run(60, seed=3)
    assert not tally.wrong, tally.wrong[0]
    assert tally.found == tally.broken
    assert tally.safe > 20
    assert tally.left <= 3


def test_random_odd_sizes() -> None:
    tally = run(40, seed=3, breakage=ODD_SIZES)
    assert not tally.wrong, tally.wrong[0]
    assert (tally.found, tally.unsafe) == (tally.broken, tally.broken)


@pytest.mark.long
@pytest.mark.parametrize("breakage", [NUMBERS, ODD_SIZES])
def test_random_breakages_at_length(breakage: Breakage) -> None:
    tally = run(600, 4, breakage)
    assert not tally.wrong, tally.wrong[0]
    assert tally.found == tally.broken


def test_one_repair_after_another() -> None:
    result = mended(BROKEN)
    assert result.text == MENDED
    assert [problem.code.id for problem in result.applied] == ["SHP103", "SHP201"]
    assert result.left == ()
    assert mended(result.text).applied == ()


def test_unsafe_repairs_are_asked_for() -> None:
    text = "encoder:\n- Conv2d(1, 8, 3)\ndecoder:\n- Conv2d(8, 1, 3)\n"
    assert mended(text, "1x9x9").text == text
    assert len(mended(text, "1x9x9").left) == 1
    assert mended(text, "1x9x9", unsafe=True).text == text.replace("- Conv2d(8", "- ConvTranspose2d(8")


def test_a_path(tmp_path: Path) -> None:
    spec = tmp_path / "a.arch.yaml"
    spec.write_text(BROKEN)
    assert sc.fix(spec).text == MENDED
    assert spec.read_text() == BROKEN


def test_what_is_not_understood_is_left() -> None:
    result = fixed("layers: [Relo]\n")
    assert (result.applied, len(result.left), result.text) == ((), 1, "layers: [Relo]\n")


def test_a_transposed_layer_before_a_join() -> None:
    text = (
        "input: 3x15x16\nlayers:\n- skip: Conv2d(3, 4, 3, padding=1)\n- MaxPool2d(2)\n"
        "- up: ConvTranspose2d(4, 4, 2, stride=2)\n- ReLU\n- Cat(x, skip)\n"
    )
    result = mended(text)
    assert result.text == text.replace("stride=2)", "stride=2, output_padding=(1, 0))")
    assert result.left == ()


class TestFiles:
    @pytest.fixture
    def spec(self, tmp_path: Path) -> Path:
        path = tmp_path / "a.arch.yaml"
        path.write_text(BROKEN)
        return path

    def test_fix_writes(self, spec: Path) -> None:
        status, out, error = check(str(spec), "--fix")
        assert (status, out) == (0, "")
        assert "2 problems mended, 0 left" in error
        assert spec.read_text() == MENDED
        assert check(str(spec), "--fix") == (0, "", "")

    def test_diff_writes_nothing(self, spec: Path) -> None:
        status, out, error = check(str(spec), "--diff")
        assert status == 1
        assert "-- BatchNorm2d(7)\n+- BatchNorm2d(8)\n" in out
        assert "2 problems would be mended, 0 left" in error
        assert spec.read_text() == BROKEN

    def test_diff_of_a_clean_file_is_empty(self) -> None:
        assert check("examples/mel_cae.arch.yaml", "--diff") == (0, "", "")

    def test_an_unsafe_fix_is_mentioned(self) -> None:
        status, out, error = check("examples/mnist_conv_only.arch.yaml", "--diff")
        assert (status, out) == (1, "")
        assert re.search(
            r"0 problems would be mended, (\d) left, \1 of them with an unsafe fix \(--unsafe-fixes\)", error
        )
        assert (
            check("examples/mnist_conv_only.arch.yaml", "--diff", "--unsafe-fixes")[1].count(
                "ConvTranspose2d"
            )
            == 3
        )

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le"])
    def test_encoding_line_ends_and_mode_stay(self, spec: Path, encoding: str) -> None:
        mark = "\ufeff" if encoding.startswith("utf-16") or encoding.startswith("utf-32") else ""
        text = BROKEN.replace("\n", "\r\n").replace("a comment", "größe 層")
        spec.write_bytes((mark + text).encode(encoding))
        spec.chmod(0o640)
        assert check(str(spec), "--fix")[0] == 0
        wanted = text.replace("BatchNorm2d(7)", "BatchNorm2d(8)").replace(
            "output_padding=1", "output_padding=0"
        )
        assert spec.read_bytes() == (mark + wanted).encode(encoding)
        assert stat.S_IMODE(spec.stat().st_mode) == 0o640

    def test_stdin_cannot_be_fixed(self) -> None:
        status, out, error = check("-", "--fix")
        assert (status, out) == (2, "")
        assert "--fix cannot write to stdin" in error

    def test_stdin_can_be_compared(self) -> None:
        done = CliRunner().invoke(app, ["check", "-", "--diff"], input=BROKEN)
        assert done.exit_code == 1
        assert "+- BatchNorm2d(8)" in done.stdout


class TestWholeFiles:
    def test_an_existing_file_is_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        write_whole(str(path), "one")
        with pytest.raises(FileExistsError):
            write_whole(str(path), "two")
        assert path.read_text() == "one"
        write_whole(str(path), b"two", force=True)
        assert path.read_bytes() == b"two"

    def test_a_failure_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a"
        path.write_text("one")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_whole(str(path), "two", force=True)
        assert path.read_text() == "one"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_link_is_followed(self, tmp_path: Path) -> None:
        real, link = tmp_path / "real", tmp_path / "link"
        real.write_text("one")
        link.symlink_to(real)
        write_whole(str(link), "two", force=True)
        assert link.is_symlink()
        assert real.read_text() == "two"


def test_diff_says_where_a_last_line_end_is_missing() -> None:
    assert diff("a\nb", "a\nc", "f").endswith(
        "-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize(
    ("count", "said"), [(6, "in `layers.10`"), (9, "here, in `layers.2`, in `layers.4` and in 6 more layers")]
)
def test_help_over_many_layers_names_the_first_and_the_fix_edits_all(count: int, said: str) -> None:
    text = "input: 4x32x32\nlayers:\n" + "- Conv2d(4, 4, 3, padding=1)\n- BatchNorm2d(4)\n" * count
    (problem,) = [one for one in sc.check(sc.loads(text)).problems if one.code.id == "SHP316"]
    assert problem.help is not None and problem.fix is not None
    assert said in problem.help
    assert len(problem.help) < 150
    assert len(problem.fix.edits) == count
