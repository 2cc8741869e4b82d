"""`shapecalc cost` and `shapecalc field`: tables, JSON, symbols, units, and what is asked wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terminal import EXAMPLES
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc import cost, memory
from shapecalc.arch import Scale
from shapecalc.cli import app
from shapecalc.problem import SpecError

MEL = "examples/mel_cae.arch.yaml"
FRAMES = "examples/mel_frames.arch.yaml"
SMALL = """
input: 1x10x474
sample: {width: 0.0107 s, height: 1 band}
encoder: ['Conv2d(1, 8, 3, stride=2, padding=1)', 'Conv2d(8, 8, 3, stride=2, padding=1)']
decoder: [Flatten, 'Linear(2856, 4)']
output: 4
"""


def ran(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments, input=stdin, env={"COLUMNS": "80"})
    return done.exit_code, done.stdout, done.stderr


def document(*arguments: str, stdin: str | None = None) -> dict[str, object]:
    status, out, _ = ran(*arguments, "--format", "json", stdin=stdin)
    assert status == 0
    found: dict[str, object] = json.loads(out)
    return found


def test_cost_is_a_table_with_a_total() -> None:
    status, out, err = ran("cost", MEL)
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert lines[1].split() == ["layer", "kind", "returns", "parameters", "MACs", "forward", "kept"]
    assert lines[2].split() == [
        "encoder.0",
        "Conv2d",
        "16x5x237",
        "160",
        "170,640",
        "2.31",
        "MiB",
        "592",
        "KiB",
    ]
    assert lines[13].split() == ["total", "14,217", "4,184,352", "16.1", "MiB", "8.69", "MiB"]
    assert max(map(len, lines)) <= 80


def test_cost_in_json_is_that_of_the_analysis() -> None:
    traced = sc.trace(sc.load(MEL))
    counted, kept = cost.total(traced), memory.kept(traced, 4, "bfloat16")
    found = document("cost", MEL, "--batch", "4", "--dtype", "bfloat16")
    assert found["total"] == {
        "params": counted.params,
        "macs": counted.macs,
        "flops": counted.flops,
        "forward_bytes": counted.bytes(4, "bfloat16"),
        "kept_bytes": kept.total,
        "kept_exact": True,
        "parameter_bytes": 2 * counted.params,
    }
    steps = found["steps"]
    assert isinstance(steps, list)
    assert [step["kept_bytes"] for step in steps] == [*kept.steps]
    assert sum(step["macs"] for step in steps) == counted.macs


def test_cost_with_symbols_is_formulas() -> None:
    formulas = document("cost", MEL, "--input", "1xHxW")
    numbers = document("cost", MEL)
    for found, real in zip([formulas["total"]], [numbers["total"]]):
        assert isinstance(found, dict)
        assert isinstance(real, dict)
        for name in ("macs", "flops", "forward_bytes", "kept_bytes"):
            assert eval(found[name], {"H": 10, "W": 474}) == real[name]
    status, out, _ = ran("cost", MEL, "--input", "1xHxW")
    assert status == 0
    assert "  kept 128·H·W B\n" in out


def test_cost_of_what_has_no_rule_is_a_lower_bound() -> None:
    attention = "MultiheadAttention(8, 2, add_zero_attn=True, batch_first=True)"
    spec = f"input: 5x8\nlayers: ['Linear(8, 8)', '{attention}', ReLU]"
    status, out, _ = ran("cost", "-", stdin=spec)
    assert status == 0
    assert "at least 10 KiB kept for the backward pass" in out
    assert "not known of layers.1\n" in out
    found = document("cost", "-", stdin=spec)["steps"]
    assert isinstance(found, list)
    assert [step["kept_bytes"] for step in found] == [5120, None, 5120]


MODEL = """
import torch
from torch import nn

class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.place = nn.Conv2d(1, 8, 4, 4), nn.Parameter(torch.zeros(1, 49, 8))

    def forward(self, x):
        return self.patch(x).flatten(2).transpose(1, 2) + self.place
"""


def test_cost_counts_parameters_that_no_layer_has(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODEL)
    status, out, _ = ran("cost", f"{file}:Tokens", "--input", "1x28x28")
    assert status == 0
    assert ["no", "layer's", "392"] in [line.split() for line in out.splitlines()]
    assert ["total", "528"] in [line.split()[:2] for line in out.splitlines()]
    found = document("cost", f"{file}:Tokens", "--input", "1x28x28")
    assert found["unplaced_params"] == 392
    assert isinstance(found["total"], dict)
    assert found["total"]["params"] == 528


@pytest.mark.parametrize("charset", ["ascii", "utf-8"])
@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_formulas_keep_to_the_screen(width: str, charset: str) -> None:
    for path in (MEL, "examples/digits_cae.arch.yaml"):
        runner = CliRunner(charset=charset)
        done = runner.invoke(app, ["cost", path, "--input", "1xHxW"], env={"COLUMNS": width})
        assert done.exit_code == 0
        assert max(map(len, done.stdout.splitlines())) <= int(width)


def test_cost_of_a_network_that_fails_is_that_of_its_beginning() -> None:
    status, out, err = ran("cost", "examples/mel_first_try.arch.yaml")
    assert status == 1
    assert "total" in out
    assert "encoder.2 cannot run, and nothing behind it is counted: height 2 is smaller than kernel 5" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("cost", MEL, "--dtype", "int7"),
            "--dtype is one of float64, float32, float16, bfloat16, not `int7`",
        ),
        (("cost", "nowhere.arch.yaml"), "cannot be read"),
        (("field", MEL, "--position", "a"), "--position takes numbers like 3,120, not `a`"),
        (("field", MEL, "--position", "3"), "a position of `decoder.5`, 1x10x474, is 2 numbers, not 1"),
        (("field", MEL, "--position", "10,0"), "position 10 is outside of an axis of 10"),
        (("field", MEL, "--reached", "0,474"), "position 474 is outside of an axis of 474"),
        (("field", MEL, "--layer", "nothing"), "nothing"),
        (("field", MEL, "--input", "1xHxW", "--position", "0,0"), "positions need sizes that are numbers"),
        (("field", MEL, "--input", "1xHxW", "--layer", "encoder.0"), "positions need sizes that are numbers"),
        (("field", "examples/mel_first_try.arch.yaml", "--layer", "encoder.2"), "encoder.2 does not run"),
    ],
)
def test_asked_wrongly(arguments: tuple[str, ...], said: str) -> None:
    status, out, err = ran(*arguments)
    assert (status, out) == (2, "")
    assert said in err


def test_a_batch_that_cannot_run() -> None:
    status, _, err = ran("cost", "-", "--batch", "1", stdin="input: 4\nlayers: [BatchNorm1d(4)]")
    assert status == 2
    assert "a batch of 1 cannot run: BatchNorm1d has one value per channel" in err


def test_field_is_a_table_and_the_code_in_the_readers_units() -> None:
    status, out, err = ran("field", "-", stdin=SMALL)
    assert (status, err) == (0, "")
    assert out == (
        "Network at 1x10x474\n"
        "             height and width\n"
        "layer        field  jump  start  overlap\n"
        "encoder.0    3      2     0      1\n"
        "encoder.1    7      4     0      3\n"
        "decoder.0    -\n"
        "decoder.1    all\n"
        "\n"
        "-: no formula; --layer tells what a position sees\n"
        "\n"
        "the middle of the code, encoder.1, sees of the input\n"
        "  height  1 to 7, 7 of 10 = 7 band\n"
        "  width   233 to 239, 7 of 474 = 0.0749 s\n"
    )


def test_what_positions_see_and_reach() -> None:
    _, out, _ = ran("field", "-", "--position", "0,100", "--reached", "9,473", "-l", "encoder.0", stdin=SMALL)
    assert out.endswith(
        "\n"
        "position 0,100 of encoder.0 sees of the input\n"
        "  height  0 to 1, 2 of 10 = 2 band\n"
        "  width   199 to 201, 3 of 474 = 0.0321 s\n"
        "\n"
        "position 9,473 of the input reaches of encoder.0\n"
        "  height  4, 1 of 5\n"
        "  width   236, 1 of 237\n"
    )


def test_the_middle_of_a_layer() -> None:
    assert ran("field", MEL, "-l", "encoder.2") == ran("field", MEL, "-l", "encoder.2", "--position", "1,59")


def test_a_feature_sees_all() -> None:
    _, out, _ = ran("field", "-", "--position", "3", stdin=SMALL)
    assert out.endswith("  height  all 10 = 10 band\n  width   all 474 = 5.07 s\n")


def test_gaps_are_listed() -> None:
    spec = "input: 1x40\nlayers: ['Conv1d(1, 1, 3, dilation=4)']"
    assert "  length  0 and 4 and 8, 3 of 40\n" in ran("field", "-", "--position", "0", stdin=spec)[1]


def test_field_in_json() -> None:
    found = document("field", "-", "--reached", "0,0", stdin=SMALL)
    assert found["axes"] == ["height", "width"]
    assert found["sample"] == {
        "width": {"step": 0.0107, "unit": "s"},
        "height": {"step": 1.0, "unit": "band"},
    }
    steps = found["steps"]
    assert isinstance(steps, list)
    assert steps[1]["axes"]["width"] == {"size": 7, "jump": 4, "start": 0, "least": 7, "overlap": 3}
    assert steps[2]["axes"]["width"] == dict.fromkeys(("size", "jump", "start", "least", "overlap"))
    assert steps[3]["axes"] == {"height": None, "width": None}
    code = found["code"]
    assert isinstance(code, dict)
    assert code["exact"] is True
    width = code["axes"][1]
    assert (width["ranges"], width["count"], width["size"], width["unit"]) == ([[233, 239]], 7, 474, "s")
    assert width["amount"] == pytest.approx(7 * 0.0107)
    assert found["position"] is None
    assert isinstance(found["reached"], dict)
    assert found["reached"]["of"] == "decoder.1"


def test_field_of_symbols_is_by_formula() -> None:
    status, out, _ = ran("field", FRAMES, "--input", "1x10xW")
    assert status == 0
    assert "encoder.6    23     4     0      19         31     16    0      15\n" in out
    assert out.endswith(
        "a position of the code, encoder.6, sees of the input\n"
        "  height  up to all 10\n"
        "  width   31 of W = 0.332 s\n"
    )


def test_positions_of_a_decoder_take_turns() -> None:
    out = ran("field", MEL)[1]
    assert "decoder.5    15-23  1     0      15\n" in out
    assert "\n15-23: positions take turns in how many they see\n" in out


def test_the_code_in_seconds() -> None:
    out = ran("field", FRAMES)[1]
    assert out.endswith("\n  height  all 10\n  width   225 to 255, 31 of 474 = 0.332 s\n")


def test_tables_that_are_too_wide_are_below_each_other() -> None:
    spec = "input: 1x9x32x40\nlayers:\n  - a_layer_with_a_long_name: Conv3d(1, 2, (1, 3, 5))"
    lines = ran("field", "-", stdin=spec)[1].splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.strip() for line in lines if "layer" not in line and line] == [
        "Network at 1x9x32x40",
        "depth",
        "height",
        "width",
    ]
    assert sum("field  jump  start  overlap" in line for line in lines) == 3


def test_sample_is_read_and_written() -> None:
    arch = sc.loads(SMALL)
    assert arch.sample == {"width": Scale(0.0107, "s"), "height": Scale(1.0, "band")}
    (proposal, *_) = sc.mirror(sc.loads(SMALL.partition("decoder")[0]))
    assert proposal.arch.sample == arch.sample
    assert sc.loads("input: 1x9\nsample: {length: 2}\nlayers: [ReLU]").sample == {"length": Scale(2.0, "")}


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("{wide: 1 s}", "`wide` is no axis"),
        ("{width: fast}", "the step of width is a positive number and its unit"),
        ("{width: 0 s}", "the step of width is a positive number and its unit"),
        ("{width: .inf}", "the step of width is a positive number and its unit"),
        ("{width: [1]}", "the step of width is a positive number and its unit"),
        ("0.1 s", "`sample` is a mapping of axes to steps"),
    ],
)
def test_sample_written_wrongly(sample: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        sc.loads(f"sample: {sample}\ninput: 1x8x8\nlayers: [ReLU]")


def test_sample_of_an_axis_that_the_input_lacks() -> None:
    spec = "sample: {width: 1 s}\nlayers: ['Conv1d(1, 1, 3)']"
    status, out, _ = ran("field", "-", stdin=f"input: 1x9\n{spec}")
    assert (status, "`width` is no axis of 1x9\n --> <stdin>:2:10" in out) == (1, True)
    status, _, err = ran("field", "-", "--input", "1x9", stdin=spec)
    assert status == 2
    assert "`sample:` names width, and the axes are length" in err


@pytest.mark.parametrize(
    "layer", [f"{side}.{number}" for side in ("encoder", "decoder") for number in (0, 2, 4)]
)
def test_explain_fits_the_screen_and_keeps_its_words(layer: str) -> None:
    path = str(EXAMPLES / "mel_cae.arch.yaml")
    _, narrow, _ = ran("explain", path, layer)
    assert max(map(len, narrow.splitlines())) <= 80
    wide = CliRunner().invoke(app, ("explain", path, layer), env={"COLUMNS": "500"}).stdout
    assert narrow.split() == wide.split()


NET = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1))
"""


def test_the_command_line_gives_a_scale_to_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(NET)
    asked = ("field", f"{tmp_path}/model.py:Net", "--input", "1x10x474", "--layer", "1")
    status, out, _ = ran(*asked, "--sample", "width=10.7 ms", "--sample", "height = 1 band")
    assert status == 0
    assert [line.split("=")[-1].strip() for line in out.splitlines()[-2:]] == ["7 band", "74.9 ms"]
    assert sc.load(MEL).with_sample({"width": 2}).sample == {"width": Scale(2.0, "")}


def test_a_scale_on_the_command_line_overrides_the_files(tmp_path: Path) -> None:
    _, out, _ = ran("field", FRAMES, "--sample", "width=10.7 ms")
    assert "31 of 474 = 332 ms" in out
    page = tmp_path / "page.html"
    ran("report", FRAMES, "-o", str(page), "--sample", "height=2 bands")
    assert "all 10 = 20 bands" in page.read_text()


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("W=1 s", "`W` is no axis of the input; the axes are height, width; did you mean `width`?"),
        ("widht=1 s", "`widht` is no axis of the input; the axes are height, width; did you mean `width`?"),
        ("length=1 s", "`length` is no axis of the input; the axes are height, width"),
        (
            "width=10.7ms",
            "the step of width is a positive number and its unit, like `0.0107 s`, not `10.7ms`",
        ),
        ("width=", "the step of width is a positive number and its unit, like `0.0107 s`, not ``"),
        ("width", 'takes AXIS=STEP, like "width=0.0107 s", not `width`'),
    ],
)
def test_a_scale_given_wrongly(sample: str, said: str) -> None:
    status, out, err = ran("field", MEL, "--sample", sample)
    assert (status, out) == (2, "")
    assert said in err
