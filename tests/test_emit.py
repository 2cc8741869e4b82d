"""Emitted modules: what they look like, and that torch gives them the shapes that they state."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import emit_check
import pytest
import torch
from emit_check import execute
from test_cli import run
from torch import nn

import shapecalc as sc
from shapecalc.layer import KINDS
from shapecalc.write.names import ATTRIBUTES
from shapecalc.write.plan import TUPLES

EXAMPLES = Path(__file__).parent.parent / "examples"
MEL = EXAMPLES / "mel_cae.arch.yaml"
RUFF = [sys.executable, "-m", "ruff"]


def emitted(text: str, **wishes: bool) -> str:
    return sc.emit(sc.loads(text), **wishes)


def model_of(text: str, name: str = "Network") -> nn.Module:
    model = execute(text, name).make()
    assert isinstance(model, nn.Module)
    return model


def test_a_chain_is_a_sequential_with_its_shapes() -> None:
    text = sc.emit(sc.load(MEL))
    assert "        self.encoder = nn.Sequential(\n" in text
    assert "            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),  # 32x3x119\n" in text
    assert "    def __init__(self, *, width: int = 16) -> None:\n" in text
    assert "1x10x474 to a code of 8x2x60, back to 1x10x474." in text
    assert "Returns its input's size for H = 2 (mod 8) and W = 2 (mod 8)." in text


def test_options_make_another_width() -> None:
    emitted = execute(sc.emit(sc.load(MEL)), "MelCAE")
    wanted = sum(step.params for step in sc.trace(sc.load(MEL, {"width": 5})).steps)
    assert sum(p.numel() for p in emitted.make(width=5).parameters()) == wanted


def test_inferred_channels_follow_the_options() -> None:
    spec = "input: 3x8x8\nvars: {width: 4}\nlayers: ['Conv2d(_, 2*width, 3)', BatchNorm2d(_), ReLU, 'Conv2d(_, 1, 1)']"
    text = emitted(spec)
    assert "nn.BatchNorm2d(2 * width)" in text
    assert "nn.Conv2d(2 * width, 1, 1)" in text
    assert execute(text, "Network").make(width=7)(torch.zeros(2, 3, 8, 8)).shape == (2, 1, 6, 6)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        (["Conv2d(3, 2*width, 3)", "MaxPool2d(2)", "Flatten()", "Linear(_, 5)"], "Linear(2 * width * 3 * 3, 5)"),
        (["Conv2d(3, width - 1, 1)", "Flatten()", "ReLU", "LazyLinear(5)"], "Linear((width - 1) * 8 * 8, 5)"),
        (["Conv2d(3, width, 1)", "Flatten(2)", "Linear(_, 2*width)", "Flatten()", "Linear(_, 5)"],
         "Linear(width * 2 * width, 5)"),
        (["a: Conv2d(3, width, 1)", "Conv2d(_, 2*width, 1)", "Cat(x, a)", "Conv2d(_, 1, 1)"],
         "Conv2d(2 * width + width, 1, 1)"),
        (["Conv2d(3, width, 1)", "Linear(_, 5)"], "Linear(8, 5)"),
        (["Conv2d(3, 4, 1)", "Conv2d(_, width, 1)", "ZeroPad2d(1)", "Upsample(scale_factor=2)", "BatchNorm2d(_)"],
         "BatchNorm2d(width)"),
    ],
)  # fmt: skip
def test_inferred_numbers_are_expressions_over_the_options(layers: list[str], wanted: str) -> None:
    spec = "input: 3x8x8\nvars: {width: 4}\nlayers:\n" + "".join(f"- {layer}\n" for layer in layers)
    text = emitted(spec)
    assert f"nn.{wanted}" in text
    assert "by hand" not in text
    model, traced = execute(text, "Network").make(width=6), sc.trace(sc.loads(spec, {"width": 6}))
    assert tuple(model(torch.zeros(2, 3, 8, 8)).shape) == (2, *(traced.output or ()))
    assert sum(p.numel() for p in model.parameters()) == sum(step.params for step in traced.steps)


def test_a_number_that_does_not_follow_is_said() -> None:
    text = emitted(
        "input: 3x8x8\nvars: {width: 4}\nlayers: ['Conv2d(3, 2*width, 1)', GLU(1), 'Conv2d(_, 1, 1)', 'Conv2d(_, 1, 1)']"
    )
    assert "nn.Conv2d(4, 1, 1)" in text
    assert "    With other options, what `layers.2` takes must be changed by hand.\n" in text


def test_what_torchs_annotations_refuse_is_written_as_what_it_means() -> None:
    text = emitted(
        "input: 4x9x9\nlayers: ['InstanceNorm2d(4, momentum=None, track_running_stats=True)', 'ZeroPad2d((1, 1, 1, 1, 0, 2))']"
    )
    assert "nn.InstanceNorm2d(4, momentum=0.0, track_running_stats=True)" in text
    assert "nn.ZeroPad3d((1, 1, 1, 1, 0, 2))" in text
    written, meant = model_of(text), nn.InstanceNorm2d(4, momentum=None, track_running_stats=True)  # type: ignore[arg-type]
    x = torch.randn(2, 4, 9, 9)
    assert written(x).shape == (2, 6, 11, 11)
    assert torch.equal(written.get_submodule("layers.0")(x), meant(x))
    assert torch.equal(written.get_submodule("layers.0").running_mean, meant.running_mean)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [50, 62, 70, 78, 90])
def test_long_names_are_formatted(length: int, tmp_path: Path) -> None:
    first, block, layer = ((letter + "_" * 200)[:length] for letter in "abc")
    text = (
        f"input: 4x8x8\nencoder:\n- {first}: Conv2d(4, 8, 3, padding=1)\n"
        f"- {block}: ['Conv2d(8, 8, 3)', {{{layer}: 'MaxPool2d(2, return_indices=True)'}}]\ndecoder:\n"
        f"- MaxUnpool2d: {{kernel_size: 2, indices: encoder.{block}.{layer}}}\n"
        f"- {layer}: ConvTranspose2d(8, 8, kernel_size=(3, 3), stride=(1, 1), dilation=(1, 1))\n- Cat(x, {first})\n"
        "- Conv2d(16, 4, 1)\n"
    )
    tmp_path.joinpath("plain.py").write_text(emitted(text))
    tmp_path.joinpath("vae.py").write_text(emitted(text, vae=True, any_size=True))
    done = subprocess.run(
        [*RUFF, "format", "--check", "--isolated", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_submodules_stand_at_the_paths_of_the_spec() -> None:
    spec = "input: 1x8\nencoder: [{down: 'Conv1d(1, 2, 2, stride=2)'}, ReLU]\ndecoder: ['ConvTranspose1d(2, 1, 2, 2)']"
    model = model_of(emitted(spec))
    assert isinstance(model.get_submodule("encoder.down"), nn.Conv1d)
    assert isinstance(model.get_submodule("decoder.0"), nn.ConvTranspose1d)


def test_names_that_torch_uses_itself_get_an_underscore() -> None:
    own = {name for kind in (nn.Module, nn.Sequential, nn.ModuleDict) for name in dir(kind())}
    assert {name for name in own if not name.startswith("_")} <= ATTRIBUTES
    text = emitted("input: 4\nlayers: [{train: 'Linear(4, 4)'}, {keys: ReLU}]")
    assert isinstance(model_of(text).get_submodule("layers.train_"), nn.Linear)


def test_skips_and_indices_cross_from_encoder_to_decoder() -> None:
    text = emitted(
        "input: 2x9x9\nencoder: [{first: 'Conv2d(2, 4, 3, padding=1)'}, {pool: MaxPool2d(2)}]\n"
        "decoder:\n  - MaxUnpool2d: {kernel_size: 2, indices: pool, output_size: [9, 9]}\n"
        "  - Add(x, first)\n  - Conv2d(4, 2, 1)\n"
    )
    assert "return x, first, pool_indices" in text
    assert 'self.decoder["0"](x, pool_indices, output_size=(9, 9))' in text
    model = model_of(text)
    assert model(torch.zeros(2, 2, 9, 9)).shape == (2, 2, 9, 9)
    assert len(model.encode(torch.zeros(2, 2, 9, 9))) == 3  # type: ignore[operator]


def test_layers_that_return_tuples_are_unpacked() -> None:
    text = emitted(
        "input: 7x8\nlayers: ['LSTM(8, 8, batch_first=True)', 'MultiheadAttention(8, 2, batch_first=True)']"
    )
    assert 'x, _ = self.layers["1"](x, x, x)' in text
    assert model_of(text)(torch.zeros(2, 7, 8)).shape == (2, 7, 8)
    assert set(TUPLES) <= set(KINDS)


def test_integers_go_into_an_embedding() -> None:
    text = emitted("input: 7\nlayers: ['Embedding(10, 4)', 'Linear(4, 2)']")
    execute(text, "Network").check()
    assert "dtype=torch.long" in text


@pytest.mark.parametrize("size", ["1x10x473", "1x11x477", "1x16x480"])
def test_any_size_comes_back(size: str) -> None:
    arch = sc.load(MEL)
    model = model_of(sc.emit(arch, size, any_size=True), "MelCAE")
    for height, width in [(10, 474), (9, 473), (23, 101), (1, 1), (8, 17)]:
        assert model(torch.zeros(2, 1, height, width)).shape == (2, 1, height, width)


def test_any_size_of_a_decoder_that_cannot_be_told_is_refused() -> None:
    with pytest.raises(sc.ShapeError, match="told every size, the decoder returns 1x4x4 for 1x28x28"):
        sc.emit(sc.load(EXAMPLES / "mnist_conv_only.arch.yaml"), any_size=True)


def test_a_kernel_that_is_not_the_partners_is_refused_with_both_numbers() -> None:
    spec = (
        "input: 1x9\nencoder: ['Conv1d(1, 2, 3, stride=2)']\ndecoder: ['ConvTranspose1d(2, 1, 7, stride=2)']"
    )
    with pytest.raises(sc.ShapeError, match="size 9 is asked for, and only 13 to 14 can be returned"):
        emitted(spec, any_size=True)


def test_variational_returns_three() -> None:
    text = sc.emit(sc.load(MEL), vae=True, any_size=True)
    names = execute(text, "MelCAE")
    output, mean, log_variance = names.make()(torch.zeros(2, 1, 9, 33))
    assert output.shape == (2, 1, 9, 33)
    assert mean.shape == log_variance.shape == (2, 8, 2, 5)
    model = names.make().eval()
    assert torch.equal(model.reparameterise(mean, log_variance), mean)


def test_variational_wants_an_encoder_and_a_decoder() -> None:
    with pytest.raises(sc.ShapeError, match="needs the sections `encoder` and `decoder`"):
        emitted("input: 4\nlayers: ['Linear(4, 4)']", vae=True)


def test_what_cannot_run_is_refused_with_its_problem() -> None:
    with pytest.raises(sc.ShapeError, match="height 2 is smaller than kernel 5"):
        sc.emit(sc.load(EXAMPLES / "mel_first_try.arch.yaml"), "1x10x474")


def test_indices_of_what_is_no_pool_are_refused() -> None:
    spec = "input: 2x4x4\nlayers: [{a: ReLU}, 'MaxUnpool2d(2, indices=a)']"
    with pytest.raises(sc.ShapeError, match=r"reads the indices of a max pool, and `layers\.a` is none"):
        emitted(spec)


def test_letters_get_a_size_for_the_check() -> None:
    text = sc.emit(sc.load(EXAMPLES / "unet.arch.yaml"), "3xHxW")
    assert "# 16xHxW" in text
    assert "torch.randn(2, 3, 32, 32)" in text
    execute(text, "UNet").check()


def test_random_modules_run_as_they_say(tmp_path: Path) -> None:
    tally = emit_check.run(14, 3, tmp_path)
    assert tally.mismatches == ()
    assert tally.sized
    assert tally.variational
    files = [str(path) for path in tmp_path.glob("*.py")]
    assert len(files) >= 14
    for command in (["format", "--check"], ["check", "--output-format", "concise"]):
        done = subprocess.run(
            [*RUFF, *command, "--isolated", "--no-cache", *files], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_many_random_modules(tmp_path: Path) -> None:
    tally = emit_check.run(400, 11, tmp_path)
    assert tally.mismatches == ()


def test_training_resumes_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = (
        "input: 2x8\nencoder: ['Conv1d(2, 4, 2, 2)', Dropout(0.2)]\ndecoder: ['ConvTranspose1d(4, 2, 2, 2)']"
    )
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(emitted(spec, train=True, vae=True), names)
    samples = tmp_path / "samples"
    samples.mkdir()
    for number in range(5):
        torch.save(torch.randn(2, 8), samples / f"{number}.pt")
    monkeypatch.chdir(tmp_path)

    def train(*arguments: str) -> list[str]:
        options = ["samples", "--batch-size", "2", "--device", "cpu", *arguments]
        monkeypatch.setattr(sys, "argv", ["model.py", *options])
        names["main"]()
        return capsys.readouterr().out.splitlines()

    whole = train("--epochs", "3")
    assert len(whole) == 3
    assert train("--epochs", "1") == ["epoch 1 of 1: loss " + whole[0].split()[-1]]
    assert train("--epochs", "3", "--resume") == whole[1:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.pt", "samples"]


def test_training_refuses_samples_and_targets_of_another_shape(tmp_path: Path) -> None:
    spec = "input: 2x8\nencoder: ['Conv1d(2, 4, 2, 2)']\ndecoder: ['ConvTranspose1d(4, 2, 2, 2)']"
    text = emitted(spec, train=True)
    tmp_path.joinpath("model.py").write_text(text)
    torch.save(torch.randn(6, 2, 9), tmp_path / "data.pt")
    done = subprocess.run(
        [sys.executable, "model.py", "data.pt"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "a sample is [2, 9], not [2, 8]\n")
    names: dict[str, object] = {"__name__": "emitted"}
    exec(text, names)
    with pytest.raises(ValueError, match=r"the output is \[2, 1, 10\], and the target \[2, 10\]"):
        names["reconstruction_loss"](torch.zeros(2, 1, 10), torch.zeros(2, 10))  # type: ignore[operator]


@pytest.mark.parametrize("name", ["mel_cae", "digits_cae"])
def test_example_is_as_emitted(name: str) -> None:
    text = EXAMPLES.joinpath(f"{name}.py").read_text(encoding="utf-8")
    assert text == sc.emit(sc.load(EXAMPLES / f"{name}.arch.yaml"), train=True)


@pytest.mark.parametrize("sizes", ["(9, 9)", "(5, 5)"])
def test_upsampling_to_a_number_is_told_the_size_too(sizes: str) -> None:
    text = emitted(
        "input: 1x9x9\nencoder: ['Conv2d(1, 2, 3, padding=1)', 'Conv2d(2, 2, 3, 2, padding=1)']\n"
        f"decoder: ['Upsample({sizes})', 'Conv2d(2, 2, 3, padding=1)', 'Upsample((9, 9))', 'Conv2d(2, 1, 1)']",
        any_size=True,
    )
    model = model_of(text)
    for height, width in [(9, 9), (12, 7), (1, 31)]:
        assert model(torch.zeros(2, 1, height, width)).shape == (2, 1, height, width)


def test_training_wants_the_input_back() -> None:
    with pytest.raises(sc.ShapeError, match="1x28x28 becomes 1x4x4"):
        sc.emit(sc.load(EXAMPLES / "mnist_conv_only.arch.yaml"), train=True)


def test_command_prints_or_writes(tmp_path: Path) -> None:
    printed = run("emit", str(MEL))
    assert (printed.stdout, printed.stderr, printed.exit_code) == (sc.emit(sc.load(MEL)), "", 0)
    output = tmp_path / "model.py"
    assert run("emit", str(MEL), "-o", str(output), "--any-size").exit_code == 0
    assert output.read_text(encoding="utf-8") == sc.emit(sc.load(MEL), any_size=True)
    assert (
        "comes back"
        in subprocess.run([sys.executable, output], capture_output=True, text=True, check=True).stdout
    )


def test_command_does_not_replace_a_file_unasked(tmp_path: Path) -> None:
    output = tmp_path / "model.py"
    output.write_text("mine")
    output.chmod(0o640)
    refused = run("emit", str(MEL), "-o", str(output))
    assert refused.exit_code == 2
    assert "there is such a file already; --force replaces it" in refused.stderr
    assert output.read_text() == "mine"
    assert run("emit", str(MEL), "-o", str(output), "--force").exit_code == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
    assert output.read_text(encoding="utf-8") == sc.emit(sc.load(MEL))


def test_command_does_not_replace_the_spec(tmp_path: Path) -> None:
    spec = tmp_path / "a.arch.yaml"
    spec.write_bytes(MEL.read_bytes())
    refused = run("emit", str(spec), "-o", str(spec), "--force")
    assert (refused.exit_code, "is the spec itself" in refused.stderr) == (2, True)
    assert spec.read_bytes() == MEL.read_bytes()


def test_nothing_is_left_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    output = tmp_path / "model.py"
    output.write_text("mine")
    failed = run("emit", str(MEL), "-o", str(output), "--force")
    assert failed.exit_code == 2
    assert "cannot be written: No space left on device" in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model.py"]
    assert output.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    failed = run("emit", str(MEL), "-o", str(tmp_path / "no" / "model.py"))
    assert (failed.exit_code, "cannot be written: No such file or directory" in failed.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments", [("mel_first_try", "--input", "1x10x474"), ("mnist_conv_only", "--any-size")]
)
def test_refusals_leave_stdout_empty(arguments: tuple[str, ...]) -> None:
    name, *options = arguments
    refused = run("emit", str(EXAMPLES / f"{name}.arch.yaml"), *options)
    assert (refused.stdout, refused.exit_code) == ("", 1)
    assert "error[SHP" in refused.stderr


def test_command_without_an_input_is_wrong_usage(tmp_path: Path) -> None:
    spec = tmp_path / "a.arch.yaml"
    spec.write_text("layers: ['Conv2d(1, 2, 3)']")
    refused = run("emit", str(spec))
    assert (refused.stdout, refused.exit_code) == ("", 2)
    assert "no input size is known" in refused.stderr
