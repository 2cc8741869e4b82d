"""The command in a real process: terminals, pipes that close, disks that are full, charsets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import ANSI, COMMAND, ROOT, columns, environment, on_terminal, piped

CLEAN = "examples/mel_cae.arch.yaml"
WRONG = "examples/mel_first_try.arch.yaml"

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty, /dev/full and sh")


@posix
def test_terminal_gets_the_full_report_in_colour() -> None:
    written, status = on_terminal("check", WRONG)
    assert status == 1
    assert "\x1b[1;31mencoder.2\x1b[0m" in written
    assert "\x1b[1;32m32\x1b[0m" in written
    assert "\x1b[1;31merror[SHP105]\x1b[0m" in written
    lines = ANSI.sub("", written).splitlines()
    assert lines[0] == "MelFirstTry  1x10x474 → cannot run"
    assert lines[-1] == "1 error"
    at = next(number for number, line in enumerate(lines) if "^" in line)
    source, pointer = lines[at - 1 : at + 1]
    assert source[pointer.index("^")] == "5"


@posix
@pytest.mark.parametrize(
    ("variables", "colour", "style"),
    [
        ({"NO_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, False, False),
        ({"FORCE_COLOR": "1", "CI": "1"}, True, True),
    ],
)
def test_colour_variables(variables: dict[str, str], colour: bool, style: bool) -> None:
    written, _ = on_terminal("check", WRONG, variables=variables)
    assert ("\x1b[1;31m" in written) == colour
    assert ("\x1b[" in written) == style
    assert "MelFirstTry" in written


@posix
def test_narrow_terminal_breaks_no_line(tmp_path: Path) -> None:
    spec = "input: 1x4x4\nlayers:\n  - Conv2d(1, 8, 9)  # 畳み込み層の畳み込み層の畳み込み層の\n"
    (tmp_path / "層.arch.yaml").write_text(spec, encoding="utf-8", newline="\r\n")
    written, _ = on_terminal("check", "層.arch.yaml", columns=40, cwd=tmp_path)
    lines = ANSI.sub("", written).splitlines()
    assert max(map(columns, lines)) <= 40
    at = next(number for number, line in enumerate(lines) if "^" in line)
    assert lines[at - 1][lines[at].index("^")] == "9"


@posix
def test_summary_of_several_files_on_a_terminal() -> None:
    written, status = on_terminal("check", "examples/unet.arch.yaml", WRONG, "--format", "concise")
    assert written.splitlines()[1:] == ["shapecalc: 2 files, 1 with problems"]
    assert status == 1


def test_pipe_has_no_colour() -> None:
    assert b"\x1b" not in piped("check", WRONG, FORCE_COLOR="1").stdout
    assert b"\x1b" not in piped("check", WRONG, "--format", "full").stdout


@pytest.mark.parametrize(("path", "status"), [(CLEAN, 0), (WRONG, 1)])
@pytest.mark.parametrize("format", ["full", "json"])
def test_reader_that_leaves_does_not_change_the_verdict(path: str, status: int, format: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "check", path, "--format", format],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == status


@posix
@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (f"check {WRONG} >&-", 1, ""),
        (f"check {WRONG} 2>&- >&-", 1, ""),
        (f"check {CLEAN} --format full >&-", 0, ""),
        (f"check {WRONG} >/dev/full", 2, "shapecalc: cannot write: No space left on device\n"),
        (f"check {CLEAN} --format full >/dev/full", 2, "shapecalc: cannot write: No space left on device\n"),
        ("--help >/dev/full", 2, "shapecalc: cannot write: No space left on device\n"),
        ("check - <&-", 2, "shapecalc: <stdin>: cannot be read: stdin is closed\n"),
        ("--version", 0, ""),
    ],
)
def test_closed_and_full_streams(command: str, status: int, said: str) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(COMMAND)} {command}"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (status, said)


@pytest.mark.parametrize("charset", ["ascii", "cp1252"])
def test_other_charsets(charset: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: 層\ninput: 1x4\nlayers: [層é]\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("name: 層é\ninput: 1x4\nlayers: [ReLU]\n", encoding="utf-8")
    done = piped("check", "a.yaml", "b.yaml", "--format", "full", cwd=tmp_path, PYTHONIOENCODING=charset)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "\\u5c64" in done.stdout.decode(charset)
    assert "1x4 -> 1x4" in done.stdout.decode(charset)
    document = piped("check", "b.yaml", "--format", "json", cwd=tmp_path, PYTHONIOENCODING=charset)
    assert json.loads(document.stdout)["name"] == "層é"


def test_start_imports_only_what_a_check_in_a_pipe_needs() -> None:
    code = (
        "import sys; from shapecalc.cli import app\n"
        f"try: app(['check', {WRONG!r}])\n"
        "except SystemExit as stop: assert stop.code == 1\n"
        "print(sorted({'rich', 'torch', 'shapecalc.show.json', 'shapecalc.show.full'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == [b"[]"], done.stderr
