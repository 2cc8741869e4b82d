"""Networks that people asked about in public, as specs: what raises, what misbehaves in silence, what is right.

The numbers in the table were recorded from real torch 2.13 on the CPU. Where the folder of recorded cases is
there, the table is held against it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from torch_oracle import torch_shapes

import shapecalc as sc
from shapecalc.problem import SpecError
from shapecalc.report import Report
from shapecalc.shapes import spell
from shapecalc.trace import Trace, trace_whole

HERE = Path(__file__).parent
SPECS = HERE / "cases_as_specs"
ZOO = HERE.parent / "examples" / "zoo"
RECORDED = HERE.parent.parent / "shared" / "cases" / "cases.jsonl"


class Error(NamedTuple):
    """Torch raises at `fails` (a path in the spec; None where the spec cannot be read)."""

    id: str
    batch: int
    fails: str | None
    code: str
    note: str = ""


class Silent(NamedTuple):
    """Torch returns `output` for that batch, and no error; `code` at `path` is the error that `check` finds.

    `expects` names the rule that tells the cause, or the error itself.
    """

    id: str
    batch: int
    output: str
    code: str
    path: str
    expects: str


class Right(NamedTuple):
    """Torch returns `output`; `accepted` are the warnings that the author would accept, each with the reason."""

    id: str
    batch: int
    output: str
    parameters: int
    spec: Path
    accepted: Mapping[str, str] = MappingProxyType({})


ERRORS = [
    Error("bn-6316-overwritten", 8, "layers.bn4", "SHP102"),
    Error("bn-aspp-b1", 1, "layers.2", "SHP116", "only a batch of one raises"),
    Error("bn-torchinfo18", 2, "layers.bn1", "SHP103"),
    Error("c3d-15-frames", 1, "layers.pool5", "SHP105"),
    Error("ch-conv1d-6505309", 1, "layers.layers.0.0", "SHP103"),
    Error("ch-conv3d-in-2d", 4, "layers.conv3", "SHP103", "for any batch: SHP102, the rank"),
    Error("ch-leejunhyun-nhwc-512", 1, "layers.in1.body.0", "SHP103"),
    Error("ch-mnist-2d", 100, "layers.conv1", "SHP102"),
    Error("ch-skipseq", 128, "layers.1", "SHP103"),
    Error("cv-1680", 1, None, "SHP008", "the tuple is refused where it is read, at `conv`"),
    Error("fl-alexnet-children-seq", 1, "layers.2.1", "SHP111"),
    Error("fl-csdn-noflatten-4d", 30, "layers.out", "SHP111"),
    Error("fl-examples564-column", 6, "layers.layer1", "SHP111"),
    Error("fl-hybridsn-patch9", 2, "layers.dense1.0", "SHP111"),
    Error("fl-ldlsi-640x480", 1, "layers.road_linear_1", "SHP111"),
    Error("fl-tinkerhub-view-unassigned", 1, "layers.fc1", "SHP111"),
    Error("fl-tv633-resnet50-244", 4, "layers.fc", "SHP111"),
    Error("fl-udacity86-noflatten", 64, "layers.0", "SHP111"),
    Error(
        "gr-shufflenet8",
        2,
        "layers.stage2.unit_0.shuffle",
        "SHP104",
        "torch refuses `expand`, which is made before anything runs; the shuffle has the same 90 channels",
    ),
    Error("kb-braindecode-eegnetv4", 1, "layers.13", "SHP105"),
    Error("kb-dcgan-50x150", 4, "layers.out.0", "SHP105"),
    Error("kb-dcgan-cifar32", 64, "layers.main.11", "SHP105"),
    Error("op-convtasnet-8000", 2, "layers.decode", "SHP109"),
    Error("rp-reflect-46", 1, "layers.0", "SHP107"),
    Error("same-67551", 1, "layers.0", "SHP110"),
    Error(
        "tcn-kernel1", 4, "layers.tcn.0.net.1", "SHP106", "torch raises behind the slice that leaves nothing"
    ),
    Error("un-smp-129", 1, "layers.block0.cat", "SHP112"),
    Error(
        "up-unpool-38640",
        1,
        "layers.unpool2",
        "SHP112",
        "torch raises at `unpool1`, over an index that says where the maximum stood: a matter of values",
    ),
]

SILENT = [
    Silent("ae-chenjie-cifar-30", 16, "3x30x30", "SHP201", "decoder.0", "unmirrored-output"),
    Silent("ae-so-lab-asymmetric", 1, "2x222x222", "SHP202", "decoder.11", "dropped-rows"),
    Silent("bf-betavae-96", 8, "20", "SHP204", "layers.10", "folded-batch"),
    Silent("bf-bhpfelix-64", 8, "3x128x128", "SHP204", "encoder.0", "folded-batch"),
    Silent("bf-convnet-256", 8, "4", "SHP204", "layers.flat", "folded-batch"),
    Silent("bf-resnext-112", 1, "10", "SHP204", "layers.flat", "folded-batch"),
    Silent("ch-conv3d-in-2d-64", 64, "64x4x4", "SHP102", "layers.conv3", "wrong-rank"),
    Silent("ls-dcgan-512", 2, "", "SHP204", "layers.1", "folded-batch"),
    Silent("ls-dcgan-61", 64, "", "SHP204", "layers.2", "bias-only-output"),
    Silent("ls-discogan-256", 2, "169", "SHP202", "layers.1", "output-mismatch"),
    Silent("sz-fast-neural-253", 1, "3x256x300", "SHP201", "decoder.out1.0", "scale-factor-on-odd-size"),
    Silent("un-jvanvugt-1646", 1, "2x1632x1632", "SHP202", "decoder.up3", "output-mismatch"),
    Silent("un-smp-127", 1, "1x128x128", "SHP202", "layers.head", "output-mismatch"),
]

#: Batches that the folded cases return.
FOLDED = {
    "bf-betavae-96": 72,
    "bf-bhpfelix-64": 2,
    "bf-convnet-256": 2,
    "bf-resnext-112": 441,
    "ls-dcgan-512": 1682,
    "ls-dcgan-61": 256,
}


def own(id: str) -> Path:
    return SPECS / f"{id}.arch.yaml"


RIGHT = [
    Right("ok-adain-decoder", 1, "3x256x256", 3505219, own("ok-adain-decoder")),
    Right("ok-alexnet-dansuh17", 2, "1000", 62378344, own("ok-alexnet-dansuh17")),
    Right("ok-alexnet-tv", 1, "1000", 61100840, ZOO / "alexnet.arch.yaml"),
    Right("ok-betavae-H", 8, "3x64x64", 765335, ZOO / "beta_vae.arch.yaml"),
    Right("ok-bhpfelix-vae", 2, "3x128x128", 85680747, own("ok-bhpfelix-vae")),
    Right("ok-chenjie-cifar-ae", 16, "3x32x32", 47355, own("ok-chenjie-cifar-ae")),
    Right("ok-convtasnet", 2, "2x32000", 2343953, own("ok-convtasnet")),
    Right("ok-dcgan-D", 16, "1x1x1", 2765568, ZOO / "dcgan_discriminator.arch.yaml"),  # before its view
    Right("ok-dcgan-G", 16, "3x64x64", 3576704, ZOO / "dcgan_generator.arch.yaml"),
    Right(
        "ok-discuss-146852",
        10,
        "1",
        3685,
        own("ok-discuss-146852"),
    ),
    Right("ok-dncnn", 4, "1x40x40", 556032, own("ok-dncnn")),
    Right("ok-fast-neural", 1, "3x256x256", 1679235, own("ok-fast-neural")),
    Right("ok-jvanvugt-572", 1, "2x388x388", 31030658, ZOO / "unet.arch.yaml"),
    Right("ok-mnist-example", 64, "10", 1199882, own("ok-mnist-example")),
    Right(
        "ok-nvidia",
        8,
        "1",
        559419,
        own("ok-nvidia"),
    ),
    Right("ok-shufflenet3", 2, "1000", 1877920, own("ok-shufflenet3")),
    Right("ok-superres", 1, "1x300x402", 59657, own("ok-superres")),
    Right("ok-svdd-cifar-ae", 4, "3x32x32", 804544, own("ok-svdd-cifar-ae")),
    Right("ok-svdd-mnist-ae", 4, "1x28x28", 8472, own("ok-svdd-mnist-ae")),
    Right("ok-tcn-mnist", 4, "10", 66910, own("ok-tcn-mnist")),
    Right("ok-vaal", 8, "3x32x32", 22835139, own("ok-vaal")),
    Right("ok-vae-mlp", 128, "784", 652824, own("ok-vae-mlp")),
    Right("ok-vgg11-tv", 1, "1000", 132863336, ZOO / "vgg11.arch.yaml"),
]

#: Parameters that a spec does not say: the magnitudes of sixteen weight-normed convolutions of 25 channels.
WEIGHT_NORM = {"ok-tcn-mnist": 16 * 25}


def errors(report: Report) -> list[tuple[str, str | None]]:
    return [(problem.code.id, problem.path) for problem in report.problems if problem.severity == "error"]


def with_batch(path: Path, batch: int) -> Trace:
    """The trace with that batch as a number, as the forward pass has it."""
    arch = sc.load(path)
    assert arch.input is not None
    return trace_whole(arch, (batch, *arch.input[1:]))


def test_every_spec_is_in_the_tables() -> None:
    named = {case.id for case in ERRORS + SILENT} | {case.spec.name for case in RIGHT}
    for path in SPECS.glob("*.arch.yaml"):
        assert {path.name, path.name.removesuffix(".arch.yaml")} & named


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.id)
def test_error_names_the_layer(case: Error) -> None:
    if case.fails is None:
        with pytest.raises(SpecError) as refused:
            sc.load(own(case.id))
        assert refused.value.problem.code.id == case.code
        return
    trace = with_batch(own(case.id), case.batch)
    assert [(problem.code.id, problem.path) for problem in trace.problems] == [(case.code, case.fails)]


@pytest.mark.parametrize("case", [case for case in ERRORS if case.fails], ids=lambda case: case.id)
def test_check_says_so_for_any_batch(case: Error) -> None:
    report = sc.check(own(case.id))
    if case.id == "bn-aspp-b1":  # two images are enough
        assert report.ok
    else:
        (error,) = errors(report)
        assert error[1] == case.fails


def is_small(case: Error) -> bool:
    """Whether torch runs the layers before the one that fails in no time; with a batch of two, as it fails."""
    steps = sc.trace(sc.load(own(case.id))).steps if case.fails else ()
    macs = sum(step.macs for step in steps if isinstance(step.macs, int))
    return case.fails is not None and case.id != "bn-aspp-b1" and macs < 500_000_000


@pytest.mark.parametrize("case", [case for case in ERRORS if is_small(case)], ids=lambda case: case.id)
def test_torch_raises_there_too(case: Error) -> None:
    arch = sc.load(own(case.id))
    trace = sc.trace(arch)
    if not case.note:
        torch_shapes(arch.with_nodes(arch.nodes[: trace.failed]), trace, trace.input)
    with pytest.raises((RuntimeError, ValueError)):
        torch_shapes(arch, trace, trace.input)


@pytest.mark.parametrize("case", SILENT, ids=lambda case: case.id)
def test_silent_case_returns_what_torch_returned(case: Silent) -> None:
    shape = with_batch(own(case.id), case.batch).shape_out
    assert shape is not None
    assert shape[0] == FOLDED.get(case.id, case.batch)
    assert "x".join(map(str, shape[1:])) == case.output


@pytest.mark.parametrize("case", SILENT, ids=lambda case: case.id)
def test_check_finds_what_torch_does_not(case: Silent) -> None:
    report = sc.check(own(case.id))
    assert errors(report) == [(case.code, case.path)]
    assert case.expects in {problem.code.name for problem in report.problems}


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.id)
def test_right_case_is_let_be(case: Right) -> None:
    report = sc.check(case.spec)
    assert report.ok
    assert report.trace is not None
    assert report.trace.output is not None
    assert spell(report.trace.output) == case.output
    parameters = sum(step.params for step in report.trace.steps)
    assert parameters + WEIGHT_NORM.get(case.id, 0) == case.parameters
    warned = {problem.code.name for problem in report.problems if problem.severity == "warning"}
    assert warned == set(case.accepted)


def recorded() -> dict[str, dict[str, Any]]:
    lines = RECORDED.read_text(encoding="utf-8").splitlines() if RECORDED.exists() else []
    return {case["id"]: case for case in map(json.loads, lines)}


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded cases are not here")
def test_the_tables_are_what_was_recorded() -> None:
    cases = recorded()
    assert set(cases) == {case.id for case in ERRORS + SILENT + RIGHT}
    for error in ERRORS:
        case = cases[error.id]
        assert case["expect"] == "error"
        assert case["input"][0] == error.batch
        layer = case["fail"].removeprefix("construct:")
        if error.fails and not error.note:
            assert error.fails == f"layers.{layer}" or ".forward:" in layer
    for silent in SILENT:
        case = cases[silent.id]
        assert case["expect"] == "silent"
        assert case["input"][0] == silent.batch
        sizes = [FOLDED.get(silent.id, silent.batch), *map(int, filter(None, silent.output.split("x")))]
        assert sizes in (case["out"], case["out"][0])
    for right in RIGHT:
        case = cases[right.id]
        assert case["expect"] == "ok"
        assert case["params"] == right.parameters
        sizes = [right.batch, *map(int, right.output.split("x"))]
        assert sizes == case["out"] or sizes in case["out"] or right.id == "ok-dcgan-D"
