"""Mirrors: what each kind becomes, where norms and activations go, and that torch returns the input's size."""

from __future__ import annotations

import errno
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from emit_check import execute
from mirror_check import checked, checked_for_every_size, drawn, main
from terminal import EXAMPLES
from test_cli import run
from torch_oracle import shapes_of, torch_shapes

import shapecalc as sc
import shapecalc.layers
from shapecalc.layer import KINDS, Needs, Shape
from shapecalc.mirroring.proposal import STYLES, Proposal
from shapecalc.read.layer_text import parse_layer
from shapecalc.write.yaml import spec_text

assert shapecalc.layers
ENCODER = (EXAMPLES / "mel_encoder.arch.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other cost more than such small tensors, many times so on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def calls(proposal: Proposal) -> list[str]:
    return [repr(node.layer) for node in proposal.decoder]


def best(text: str, input: str | None = None, style: str | None = "transpose", **options: Any) -> Proposal:
    return sc.mirror(sc.loads(text), input, style, **options)[0]


def test_output_padding_is_the_remainder_and_always_legal() -> None:
    """Every small window on every size that it fits: one transposed convolution, no crop, the size back."""
    conv = KINDS["Conv1d"]
    seen = 0
    for k, s, p, d in itertools.product(range(1, 6), range(1, 5), range(4), range(1, 4)):
        layer = conv(1, 1, k, stride=s, padding=p, dilation=d)
        for size in range(max(1, d * (k - 1) + 1 - 2 * p), 25):
            taken: Shape = (2, 1, size)
            made = layer.shape(Needs(), taken)
            (back,) = layer.mirror(taken, made) or ()
            assert back.per_axis("output_padding")[0] == (size + 2 * p - d * (k - 1) - 1) % s
            assert back.shape(Needs(), made) == taken
            seen += 1
    assert seen > 4000


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_every_pool_has_its_size_back_in_every_style(style: str, ceil_mode: bool) -> None:
    pool = KINDS["MaxPool2d"]
    for k, s, p, d in itertools.product(range(1, 5), range(1, 6), range(3), range(1, 4)):
        if p > k // 2:
            continue
        layer = pool(k, stride=s, padding=p, dilation=d, ceil_mode=ceil_mode)
        for size in range(1, 20):
            shape: Shape = (2, 4, size, size)
            try:
                made = layer.shape(Needs(), shape)
            except sc.ShapeError:
                continue
            out = made
            for back in layer.mirror(shape, made, style) or ():
                out = back.shape(Needs(), *(out,) * len(back.inputs[: 2 if "indices" in back.inputs else 1]))
            assert out == shape, (layer, size)


@pytest.mark.parametrize(
    ("layer", "taken", "style", "back"),
    [
        ("Conv2d(3, 8, 4, padding='same')", (2, 3, 9, 7), "transpose", "ConvTranspose2d(8, 3, 4, padding=1) ZeroPad2d((0, -1, 0, -1))"),
        ("Conv1d(3, 8, 3, padding='same', dilation=2)", (2, 3, 9), "transpose", "ConvTranspose1d(8, 3, 3, padding=2, dilation=2)"),
        ("Conv2d(4, 8, 3, groups=4, bias=False)", (2, 4, 9, 9), "transpose", "ConvTranspose2d(8, 4, 3, groups=4, bias=False)"),
        ("Conv2d(1, 8, 3, stride=2, padding=1, padding_mode='reflect')", (2, 1, 8, 9), "transpose", "ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=(1, 0))"),
        ("Conv2d(1, 8, 2, stride=5)", (2, 1, 14, 12), "transpose", "ConvTranspose2d(8, 1, 2, stride=5, output_padding=(2, 0))"),
        ("Conv2d(1, 8, 3, stride=2, padding=1)", (2, 1, 28, 28), "smooth", "ConvTranspose2d(8, 1, 4, stride=2, padding=1)"),
        ("Conv2d(1, 8, 3, stride=2, padding=1)", (2, 1, 28, 28), "resize", "Upsample(scale_factor=2) Conv2d(8, 1, 3, padding=1)"),
        ("Conv2d(1, 8, 4, stride=2)", (2, 1, 10, 10), "resize", "Upsample(size=(10, 10)) Conv2d(8, 1, 4, padding='same')"),
        ("Conv2d(1, 8, 3, stride=2, padding=1)", (2, 1, 9, 8), "pixelshuffle", "Conv2d(8, 4, 3, padding=1) PixelShuffle(2) ZeroPad2d((0, 0, 0, -1))"),
        ("Conv2d(1, 8, 5, stride=2)", (2, 1, 28, 28), "pixelshuffle", "Conv2d(8, 4, 5, padding=3) PixelShuffle(2)"),
        ("Conv2d(1, 8, 3, stride=(2, 1))", (2, 1, 28, 28), "pixelshuffle", "ConvTranspose2d(8, 1, 3, stride=(2, 1), output_padding=(1, 0))"),
        ("MaxPool2d(2)", (2, 8, 9, 9), "transpose", "ConvTranspose2d(8, 8, 2, stride=2, output_padding=1)"),
        ("MaxPool2d(3, 2, ceil_mode=True)", (2, 8, 10, 10), "transpose", "ConvTranspose2d(8, 8, 2, stride=2)"),
        ("MaxPool2d(2)", (2, 8, 9, 9), "unpool", "MaxUnpool2d(2)"),
        ("AvgPool2d(2)", (2, 8, 9, 9), "resize", "Upsample(size=(9, 9))"),
        ("MaxPool1d(2)", (2, 9), "transpose", "Unsqueeze(1) ConvTranspose1d(1, 1, 2, stride=2, output_padding=1) Squeeze(dim=1)"),
        ("AdaptiveAvgPool2d(1)", (2, 8, 9, 7), "transpose", "Upsample(scale_factor=(9, 7))"),
        ("ReflectionPad2d((1, 2, 3, 4))", (2, 8, 9, 7), "transpose", "ZeroPad2d((-1, -2, -3, -4))"),
        ("ConstantPad1d(1, 0.5)", (2, 8, 9), "transpose", "ZeroPad1d((-1, -1))"),
        ("ZeroPad2d((-1, 2, 0, 0))", (2, 8, 9, 7), "transpose", "ZeroPad2d((1, -2, 0, 0))"),
        ("PixelUnshuffle(2)", (2, 3, 8, 8), "transpose", "PixelShuffle(2)"),
        ("PixelShuffle(2)", (2, 12, 8, 8), "transpose", "PixelUnshuffle(2)"),
        ("Flatten()", (2, 3, 8, 8), "transpose", "Unflatten(1, (3, 8, 8))"),
        ("Unflatten(1, (3, 8, 8))", (2, 192), "transpose", "Flatten(end_dim=3)"),
        ("View(N, -1)", (2, 3, 8, 8), "transpose", "Reshape(N, 3, 8, 8)"),
        ("Linear(5, 3, bias=False)", (2, 5), "transpose", "Linear(3, 5, bias=False)"),
        ("Permute(0, 3, 1, 2)", (2, 5, 6, 7), "transpose", "Permute(0, 2, 3, 1)"),
        ("Transpose(1, 2)", (2, 5, 6), "transpose", "Transpose(1, 2)"),
        ("Unsqueeze(1)", (2, 5), "transpose", "Squeeze(dim=1)"),
        ("Squeeze(1)", (2, 1, 5), "transpose", "Reshape(2, 1, 5)"),
        ("Mean((2, 3))", (2, 8, 4, 5), "transpose", "Unsqueeze(2) Unsqueeze(3) Upsample(scale_factor=(4, 5))"),
        ("Upsample(scale_factor=2)", (2, 8, 4, 5), "transpose", "AvgPool2d(2)"),
        ("Upsample(size=(9, 9))", (2, 8, 4, 5), "transpose", "AdaptiveAvgPool2d((4, 5))"),
        ("ConvTranspose2d(8, 4, 3, stride=2)", (2, 8, 4, 5), "transpose", "Conv2d(4, 8, 3, stride=2)"),
        ("ConvTranspose1d(8, 4, 3, stride=2, dilation=3, output_padding=2)", (2, 8, 4), "transpose", "ZeroPad1d((0, -2)) Conv1d(4, 8, 3, stride=2, dilation=3)"),
        ("Unfold(3, stride=2)", (2, 3, 9, 9), "transpose", "Fold((9, 9), 3, stride=2)"),
        ("GRU(7, 5, batch_first=True)", (2, 9, 7), "transpose", "Linear(5, 7)"),
        ("Dropout(0.5)", (2, 9, 7), "transpose", ""),
    ],
)  # fmt: skip
def test_what_a_kind_becomes(layer: str, taken: Shape, style: str, back: str) -> None:
    own = parse_layer(layer)
    made = own.shape(Needs(), taken)
    found = own.mirror(taken, made, style)
    assert " ".join(map(repr, found or ())) == back.replace("Reshape(2,", "Reshape(N,")
    out = made
    for one in found or ():
        out = one.shape(Needs(), *(out,) * (2 if "indices" in one.inputs else 1))
    assert out == taken


@pytest.mark.parametrize(
    ("layers", "input", "decoder"),
    [  # the decoder's calls, without arguments where they do not matter
        ("Conv2d(1, 4, 3); BatchNorm2d(4); ReLU; MaxPool2d(2); Conv2d(4, 8, 3); BatchNorm2d(8); ReLU", "1x28x28",
         "ConvTranspose2d BatchNorm2d(4) ReLU ConvTranspose2d ConvTranspose2d"),
        ("BatchNorm2d(1); ReLU; Conv2d(1, 4, 3); BatchNorm2d(4); ReLU; Conv2d(4, 8, 3)", "1x28x28",
         "ConvTranspose2d BatchNorm2d(4) ReLU ConvTranspose2d"),
        ("Conv2d(1, 4, 3); ReLU; BatchNorm2d(4); Conv2d(4, 8, 3); Tanh", "1x28x28",
         "ConvTranspose2d ReLU BatchNorm2d(4) ConvTranspose2d"),
        ("Conv2d(2, 4, 3, padding=1); BatchNorm2d(4); PixelUnshuffle(2); Conv2d(16, 8, 3)", "2x8x8",
         "ConvTranspose2d PixelShuffle BatchNorm2d(4) ConvTranspose2d"),
        ("Conv1d(2, 4, 3); LayerNorm([4, 8]); AvgPool1d(2); Conv1d(4, 8, 3)", "2x10",
         "ConvTranspose1d ConvTranspose1d LayerNorm((4,·8)) ConvTranspose1d"),
        ("Conv2d(1, 4, 3, stride=2); ReLU; Flatten; Linear(676, 32); ReLU; Linear(32, 8)", "1x28x28",
         "Linear ReLU Linear ReLU Unflatten ConvTranspose2d"),
        ("Conv2d(1, 4, 3); ReLU; Dropout(0.1); AdaptiveAvgPool2d(1); Flatten; Linear(4, 8)", "1x28x28",
         "Linear ReLU Unflatten Upsample ConvTranspose2d"),
        ("MaxPool2d(2); ReLU", "3x9x9", "ConvTranspose2d"),
    ],
)  # fmt: skip
def test_norms_and_activations_follow_the_weights_they_followed(
    layers: str, input: str, decoder: str
) -> None:
    found = best("\n".join(["layers:", *(f"- {layer}" for layer in layers.split("; "))]), input)
    kinds = [call.replace(" ", "·") for call in calls(found)]
    wanted = decoder.split()
    short = [call if "(" in want else call.partition("(")[0] for call, want in zip(kinds, wanted)]
    assert short == wanted
    assert len(kinds) == len(wanted)


@pytest.mark.parametrize(
    ("values", "last"), [("[0, 1]", "Sigmoid()"), ("[-1, 1]", "Tanh()"), ("[0, 255]", None)]
)
def test_last_activation_fits_the_range(values: str, last: str | None) -> None:
    found = best(f"range: {values}\nencoder:\n- Conv2d(1, 8, 3)\n- ReLU", "1x9x9")
    assert calls(found) == ["ConvTranspose2d(8, 1, 3)", *([last] if last else [])]
    assert ("no activation fits the range [0, 255]" in found.note) == (last is None)


def test_a_kept_bottleneck_is_not_mirrored() -> None:
    kept = "encoder:\n- Conv2d(1, 8, 3, stride=2)\nbottleneck:\n- Flatten\n- Linear(1352, 9)\n- Linear(9, 1352)\n- Unflatten(1, (8, 13, 13))\n"
    assert calls(best(kept, "1x28x28")) == ["ConvTranspose2d(8, 1, 3, stride=2, output_padding=1)"]
    narrowing = "encoder:\n- Conv2d(1, 8, 3, stride=2)\nbottleneck:\n- Flatten\n- Linear(1352, 9)\n"
    assert calls(best(narrowing, "1x28x28"))[0] == "Linear(9, 1352)"


RESIDUAL = """
input: 3x33x33
vars: {width: 8}
encoder:
  - stem: Conv2d(3, width, 3, stride=2)
  - body: ['Conv2d(width, 2*width, 3, stride=2, padding=1)', ReLU, 'Conv2d(2*width, 2*width, 3, padding=1)', BatchNorm2d(_)]
  - short: Conv2d(width, 2*width, 1, stride=2, input=stem)
  - Add(body, short)
  - ReLU
"""


def test_residual_blocks_come_back_as_residual_blocks() -> None:
    found = best(RESIDUAL + "  - Conv2d(2*width, 4, 2, stride=2)\n")
    assert [node.path for node in found.decoder] == [
        "decoder.0", "decoder.1", "decoder.2",
        "decoder.body.0", "decoder.body.1", "decoder.body.2", "decoder.short", "decoder.5", "decoder.stem",
    ]  # fmt: skip
    names = [call.partition("(")[0] for call in calls(found)]
    assert names[:3] == ["ConvTranspose2d", "BatchNorm2d", "ReLU"]
    assert names[3:] == [
        "ConvTranspose2d",
        "ReLU",
        "ConvTranspose2d",
        "ConvTranspose2d",
        "Add",
        "ConvTranspose2d",
    ]
    code = len(found.arch.nodes) - len(found.decoder)
    assert found.decoder[6].sources == (code + 3,)
    assert found.decoder[7].sources == (code + 6, code + 7)
    assert "residual blocks come back as residual blocks" in found.note
    assert torch_shapes(found.arch, found.trace, (3, 33, 33))[-1] == (2, 3, 33, 33)


@pytest.mark.parametrize(
    "block",
    [
        "- Add(x, stem)",  # of itself
        "- ReLU\n- Add(x, stem)",
        "- {one: 'Conv2d(8, 8, 3, padding=1)'}\n- Add(one, stem)\n- {two: 'Conv2d(8, 8, 1)'}\n- Add(two, one, stem)",
        "- {one: 'Conv2d(8, 1, 1)'}\n- Add(one, stem)",  # broadcast
        "- {one: 'Conv2d(8, 8, 1)'}\n- {two: 'Conv2d(8, 8, 5, padding=2, input=stem)'}\n"
        "- {deep: 'Conv2d(8, 8, 3, padding=1)'}\n- {sum: 'Add(deep, two)'}\n- Add(sum, one)",
        "- BatchNorm2d(8)\n- {one: 'Conv2d(8, 8, 3, stride=2, padding=1)'}\n- {down: 'MaxPool2d(2, ceil_mode=True, input=stem)'}\n"
        "- Add(one, down)",
    ],
)
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("input", ["3x33x34", "3xHxW"])
def test_sums_of_every_form_come_back(block: str, input: str) -> None:
    text = f"encoder:\n- {{stem: 'Conv2d(3, 8, 3, stride=2)'}}\n{block}\n- Conv2d(8, 4, 2, stride=2)\n"
    for style, skips in [*((style, False) for style in STYLES), ("transpose", True)]:
        if style == "unpool" and ("Pool" not in text or "H" in input):
            continue
        proposal = best(text, input, style, skips=skips)
        traced = sc.trace(sc.loads(spec_text(proposal.trace, proposal.undoes)), (3, 33, 34))
        assert torch_shapes(traced.arch, traced, (3, 33, 34))[-1] == (2, 3, 33, 34)


def test_other_joins_are_followed_along_the_longest_branch() -> None:
    found = best("""
input: 3x33x33
layers:
  - stem: Conv2d(3, 8, 3, stride=2)
  - Conv2d(8, 8, 3, padding=1)
  - ReLU
  - Cat(x, stem)
  - Conv2d(16, 4, 2, stride=2)
""")
    assert found.output == (3, 33, 33)
    assert [call.partition("(")[0] for call in calls(found)] == [
        "ConvTranspose2d", "ReLU", "Conv2d", "ConvTranspose2d", "ConvTranspose2d",
    ]  # fmt: skip
    assert "the encoder's joins are followed along one branch" in found.note
    assert "`layers.3` has no mirror of its own" in found.note


def test_gated_units_are_bridged() -> None:
    found = best("layers:\n- Conv2d(1, 8, 3)\n- GLU(1)\n- Conv2d(4, 2, 3)", "1x9x9")
    assert calls(found)[1] == "Conv2d(4, 8, 1)"


def test_styles_are_ranked_with_a_reason() -> None:
    found = sc.mirror(sc.loads(ENCODER))
    assert [proposal.style for proposal in found] == ["smooth", "pixelshuffle", "transpose", "resize"]
    assert all(proposal.exact and proposal.output == (1, 10, 474) for proposal in found)
    assert found[0].exact_for == "H ≡ 2 (mod 8) and W ≡ 2 (mod 8)"
    assert found[3].exact_for == "H = 10 and W = 474"
    assert found[2].overlap.startswith("uneven overlap: kernel 3 over stride 2 in `decoder.0`")
    assert found[2].note.startswith("before `resize` because it is exact for other sizes, too")
    assert found[2].parameters == 7105


def test_smooth_kernels_are_multiples_of_their_strides() -> None:
    conv = KINDS["Conv2d"]
    for k, s, size in itertools.product(range(1, 6), range(2, 5), range(6, 20)):
        layer = conv(1, 1, k, stride=s, padding=k // 2)
        made = layer.shape(Needs(), (2, 1, size, size))
        (back,) = layer.mirror((2, 1, size, size), made, "smooth") or ()
        assert back.per_axis("kernel_size")[0] % s == 0
        assert not back.is_uneven  # type: ignore[attr-defined]
        assert back.shape(Needs(), made) == (2, 1, size, size)


def test_skips_join_every_resolution_and_count_channels() -> None:
    found = best(ENCODER, skips=True)
    nodes = found.decoder
    assert [repr(node.layer) for node in nodes if node.layer == KINDS["Cat"]()] == ["Cat()"] * 2
    assert [node.sources[1] for node in nodes if len(node.sources) > 1] == [4, 2]
    assert [node.layer.in_channels for node in nodes if hasattr(node.layer, "in_channels")] == [8, 64, 32]
    assert torch_shapes(found.arch, found.trace, (1, 10, 474))[-1] == (2, 1, 10, 474)


@pytest.mark.parametrize("skips", [False, True])
def test_letters_give_decoders_for_every_size(skips: bool) -> None:
    found = sc.mirror(sc.loads(ENCODER), "1xHxW", skips=skips)
    assert [proposal.exact_for for proposal in found] == ["every size"] * 4
    for proposal, (height, width) in itertools.product(found, [(1, 1), (10, 474), (23, 8)]):
        traced = sc.trace(proposal.arch, (1, height, width))
        assert torch_shapes(proposal.arch, traced, (1, height, width))[-1] == (2, 1, height, width)


def test_without_an_input_the_first_weights_say_the_channels() -> None:
    found = best("encoder:\n- MaxPool1d(2)\n- Conv1d(3, 8, 5, stride=2)", None, None)
    assert (str(found.output), found.exact) == ("(3, L)", True)


def test_lazy_heads_are_exact_for_what_they_were_made_for() -> None:
    found = best("encoder:\n- Conv2d(3, 8, 3, stride=2)\n- Flatten\n- LazyLinear(10)", "3x9x9")
    assert found.exact_for == "H = 9 and W = 9"


def test_output_padding_by_classes() -> None:
    result = run("mirror", str(EXAMPLES / "mel_encoder.arch.yaml"), "-i", "1xHxW", "--format", "json")
    classes = json.loads(result.stdout)["output_padding"]["H"]
    assert len(classes) == 8
    assert classes[1] == {
        "sizes": "H ≡ 2 (mod 8)",
        "output_padding": {"decoder.0": 0, "decoder.2": 0, "decoder.4": 1},
        "kernel_size": {"decoder.0": 3, "decoder.2": 3, "decoder.4": 3},
    }


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("seed", range(3))
def test_random_encoders_come_back_in_torch(seed: int) -> None:
    random = Random(seed)
    ends = []
    for _ in range(12):
        arch, sample = drawn(random)
        ends.append(checked(arch, sample, random)[0])
        checked_for_every_size(arch, sample)
    assert ends.count("exact") > 9


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.long
def test_many_random_encoders(capsys: pytest.CaptureFixture[str]) -> None:
    main(2500, 3)
    assert ": 0 wrong" in capsys.readouterr().out


WRITTEN = [
    ("plain", ENCODER),
    ("layers", "input: 1x28x28\nlayers:  # all of it\n  - Conv2d(1, 8, 3)  # one\n  - MaxPool2d(2)\n"),
    ("a list", "- Conv2d(1, 8, 3)\n- MaxPool2d: {kernel_size: 2}"),
    ("crlf", "input: 1x28x28\r\nencoder:\r\n  - Conv2d(1, 8, 3)\r\n  - MaxPool2d: 2\r\n"),
    ("json", '{"input": [1, 28, 28], "layers": ["Conv2d(1, 8, 3)", {"MaxPool2d": [2]}]}'),
    ("repeat", "encoder:\n- repeat: 2\n  layers:\n  - Conv2d(_, 8, 3)\n  - MaxPool2d(2)\n"),
    ("a kept input", "input: 1x9x9\nencoder:\n  - Conv2d(1, 8, 3)\n  - MaxPool2d(2)\n"),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("text", [text for _, text in WRITTEN], ids=[name for name, _ in WRITTEN])
def test_written_specs_read_as_they_were_meant(text: str, style: str, skips: bool) -> None:
    if style == "unpool" and "Pool" not in text:
        return
    for input in ("1x28x28", "1xHxW"):
        if style == "unpool" and "H" in input:
            continue
        found = best(text, input, style, skips=skips)
        again = sc.check(sc.loads(spec_text(found.trace)), input)
        assert again.ok
        assert again.trace is not None
        assert [step.layer for step in again.trace.steps] == [step.layer for step in found.trace.steps]


def test_the_encoders_text_is_kept() -> None:
    assert spec_text(best(ENCODER).trace).startswith(ENCODER + "decoder:\n")
    crlf = spec_text(best(WRITTEN[3][1]).trace)
    assert crlf.startswith(WRITTEN[3][1])
    assert "\n" not in crlf.replace("\r\n", "")
    unpooled = spec_text(best(WRITTEN[1][1], style="unpool").trace)
    assert (
        "encoder:  # all of it\n  - Conv2d(1, 8, 3)  # one\n  - MaxPool2d(2, return_indices=True)\n"
        in unpooled
    )


@pytest.mark.parametrize(
    ("vars", "set", "written"),
    [
        ("vars: {width: 16}", {"width": 8}, "vars: {width: 8}"),
        (
            "vars:\n  half: 8  # of it\n  width: 2*half",
            {"half": 5},
            "vars:\n  half: 5  # of it\n  width: 2*half",
        ),
        ("vars:\n  half: 8\n  width: 2*half", {"width": 24}, "vars:\n  half: 8\n  width: 24"),
    ],
)
def test_overridden_vars_are_written(vars: str, set: dict[str, int], written: str) -> None:
    arch = sc.loads(ENCODER.replace("vars: {width: 16}", vars), set)
    text = spec_text(sc.mirror(arch)[0].trace)
    assert text.startswith(ENCODER.replace("vars: {width: 16}", written))
    assert sc.check(sc.loads(text)).ok


NAMED = """\
name: Net
input: 3x33x32
vars: {width: 8, k: 3}
encoder:
  - down1:
      - Conv2d(3, width, k, stride=2, padding=1)
      - BatchNorm2d(width)
      - ReLU
  - down2: ["Conv2d(_, 2*width, k, stride=2, padding=1)", BatchNorm2d(_), ReLU]
  - pool: MaxPool2d(2)
  - head: Conv2d(2*width, width - 4, 1)
"""


def written(text: str, style: str, skips: bool = False) -> str:
    found = best(text, None, style, skips=skips)
    return spec_text(found.trace, found.undoes)


def test_blocks_names_and_vars_come_back() -> None:
    assert (
        written(NAMED, "transpose").removeprefix(NAMED)
        == """\
decoder:
  - head: ConvTranspose2d(width - 4, 2*width, 1)  # -> 16x4x4
  - BatchNorm2d(2*width)
  - ReLU()
  - unpool: ConvTranspose2d(2*width, 2*width, 2, stride=2, output_padding=(1, 0))  # -> 16x9x8
  - up2:
      - ConvTranspose2d(2*width, width, k, stride=2, padding=1, output_padding=(0, 1))  # -> 8x17x16
      - BatchNorm2d(width)
      - ReLU()
  - up1:
      - ConvTranspose2d(width, 3, k, stride=2, padding=1, output_padding=(0, 1))  # -> 3x33x32
"""
    )
    assert "      - Conv2d(4*width, 4*width, k, padding=1)\n" in written(NAMED, "pixelshuffle", True)
    assert "  - Cat(x, encoder.down2)  # -> 32x9x8\n  - up2:\n" in written(NAMED, "resize", True)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize(
    "text", [NAMED, (EXAMPLES / "residual_encoder.arch.yaml").read_text(encoding="utf-8")]
)
def test_a_written_decoder_follows_the_vars(text: str, style: str, skips: bool) -> None:
    if style == "unpool" and "Pool" not in text:
        return
    arch = sc.loads(written(text, style, skips), {"width": 12})
    traced = sc.trace(arch)
    assert traced.output == traced.input
    assert torch_shapes(arch, traced, traced.input) == shapes_of(traced)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("- Up: ['Conv2d(1, 2, 3)']\n- enc_2: Conv2d(2, 2, 3)", "dec_2 Down.0"),
        ("- repeat: 2\n  layers: [{down: 'Conv2d(_, 2, 3)'}]", "up up_2"),
        ("- a: [{b: ['Conv2d(1, 2, 3)', {c: 'Conv2d(2, 2, 3)'}]}, 'Conv2d(2, 2, 3)']", "a.0 a.b.c a.b.1"),
        ("- decoder: Conv2d(1, 2, 3)\n- x: Conv2d(2, 2, 3)", "x_2 encoder_2"),
        ("- ['Conv2d(1, 2, 3)', [{one: 'Conv2d(2, 2, 3)'}]]\n- ReLU", "one 1"),
    ],
)
def test_names_never_collide(text: str, paths: str) -> None:
    found = best(f"encoder:\n{text}\n", "1x12x12")
    assert [node.path.removeprefix("decoder.") for node in found.decoder] == paths.split()
    again = sc.loads(spec_text(found.trace, found.undoes))
    assert [node.path for node in again.nodes] == [node.path for node in found.arch.nodes]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("output: 8x13x13  # the code\n", "latent: 8x13x13  # the code\n"),
        ("output: 8x13x13  # it\nlatent: [8, 13, 13]\n", "# output: 8x13x13  # it\nlatent: [8, 13, 13]\n"),
        (
            "output:\n- 8\n- 13\n- 13\nlatent: 8x13x13\n",
            "# output:\n# - 8\n# - 13\n# - 13\nlatent: 8x13x13\n",
        ),
    ],
)
def test_what_the_encoder_returns_is_the_code(before: str, after: str) -> None:
    layers = "encoder:\n- Conv2d(1, 8, 3)\n- MaxPool2d(2)\n"
    assert written(f"input: 1x28x28\n{before}{layers}", "transpose").startswith(
        f"input: 1x28x28\n{after}{layers}decoder:\n"
    )
    other = best(f"input: 1x28x28\n{before}{layers}", "1x31x30")
    text = spec_text(other.trace, other.undoes)
    assert "latent: 8x14x14" in text
    assert sc.check(sc.loads(text)).ok


def test_an_encoder_that_breaks_its_own_word_is_not_mirrored() -> None:
    with pytest.raises(sc.ShapeError, match="`output:` states 8x12x13"):
        best("input: 1x28x28\noutput: 8x12x13\nencoder:\n- Conv2d(1, 8, 3)\n- MaxPool2d(2)\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- MaxPool2d(2)  # a", "- MaxPool2d(2, return_indices=True)  # a"),
        ("- {MaxPool2d: {kernel_size: 2}}", "- {MaxPool2d: {kernel_size: 2, return_indices: true}}"),
        ("- ['ReLU()', MaxPool2d(k)]", "- ['ReLU()', \"MaxPool2d(k, return_indices=True)\"]"),
        ("- pools: [{a: MaxPool2d(2)}]", '- pools: [{a: "MaxPool2d(2, return_indices=True)"}]'),
        ("- MaxPool2d: [k, 2]", '- "MaxPool2d(k, stride=2, return_indices=True)"'),
        ("- MaxPool2d: k  # a", '- "MaxPool2d(k, return_indices=True)"  # a'),
        ("- MaxPool2d: [[2, 3]]", '- "MaxPool2d([2, 3], return_indices=True)"'),
        (
            "- a:\n    MaxPool2d:\n      kernel_size: 2  # a\n      stride: 2",
            "- a:\n    MaxPool2d:\n      return_indices: true\n      kernel_size: 2  # a\n      stride: 2",
        ),
        ("- MaxPool2d(2, return_indices=False)", "- MaxPool2d(2, return_indices=True)"),
        ("- &p MaxPool2d(2)\n- *p", "- &p MaxPool2d(2, return_indices=True)\n- *p"),
    ],
)
def test_pools_return_their_indices_in_every_form(before: str, after: str) -> None:
    head = "input: 1x28x28\nvars: {k: 2}\nencoder:\n"
    assert written(f"{head}{before}\n", "unpool").startswith(f"{head}{after}\ndecoder:\n")


def test_json_stays_json() -> None:
    text = '{"output": [8, 6, 6], "input": [1, 28, 28], "latent": [8, 6, 6], "layers": [{"first": ["Conv2d(1, 8, 3)"]}, {"MaxPool2d": [2]}, {"MaxPool2d": {"kernel_size": 2}}]}'
    data = json.loads(written(text, "unpool"))
    assert data["encoder"][1:] == [
        "MaxPool2d(2, return_indices=True)",
        {"MaxPool2d": {"kernel_size": 2, "return_indices": True}},
    ]
    assert data["decoder"][2:] == [{"first": ["ConvTranspose2d(8, 1, 3)"]}]
    assert list(data) == ["input", "latent", "encoder", "decoder"]


def test_an_architecture_without_a_text_is_written_from_its_layers() -> None:
    arch = sc.Arch.chain([KINDS["Conv1d"](2, 4, 3, stride=2), KINDS["ReLU"]()], "Small")
    text = spec_text(sc.mirror(arch, "2x9", "transpose")[0].trace)
    assert text.splitlines()[:3] == ['name: "Small"', "input: 2x9", "encoder:"]
    assert sc.check(sc.loads(text)).ok


@pytest.mark.parametrize(
    ("text", "input", "message"),
    [
        ("encoder:\n- Conv2d(1, 8, 3)\ndecoder:\n- Conv2d(8, 1, 3)", "1x9x9", "has a decoder already"),
        ("encoder:\n- ReLU\n- Dropout(0.5)", "1x9x9", "nothing to mirror"),
        ("encoder:\n- ReLU", None, "no input size is known for `Network`"),
        ("encoder:\n- Conv2d(1, 8, 3)\n- Flatten\n- LazyLinear(5)", None, "`encoder.2` cannot do without"),
        ("encoder:\n- Conv2d(1, 8, 3)\n- Flatten", None, "`encoder.1`, a Flatten, makes"),
        ("encoder:\n- Flatten(0)", "1x9x9", "`encoder.0`, a Flatten, makes"),
        ("encoder:\n- Embedding(10, 4)", "9", "a Embedding"),
    ],
)
def test_what_cannot_be_mirrored_is_said(text: str, input: str | None, message: str) -> None:
    with pytest.raises(sc.ShapeError) as caught:
        sc.mirror(sc.loads(text), input)
    assert message in caught.value.problem.message


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("unpool", "no max pool"),
        ("pixelshuffle", "no layer has one stride"),
        ("transposed", "no style is called `transposed`"),
    ],
)
def test_a_style_without_work_is_refused(style: str, message: str) -> None:
    with pytest.raises(sc.SpecError, match=message):
        best("encoder:\n- Conv2d(1, 8, 3)", "1x9x9", style)


def test_unpooling_for_every_size_where_strides_are_one() -> None:
    text = "encoder:\n- Conv2d(1, 8, 3, stride=2)\n- MaxPool2d(3, stride=1, padding=1)\n"
    found = best(text, "1xHxW", "unpool")
    assert calls(found)[0] == "MaxUnpool2d(3, stride=1, padding=1)"
    traced = sc.trace(found.arch, (1, 12, 17))
    assert torch_shapes(found.arch, traced, (1, 12, 17))[-1] == (2, 1, 12, 17)
    with pytest.raises(sc.SpecError, match="no max pool can be undone") as caught:
        best(text.replace("stride=1", "stride=2"), "1xHxW", "unpool")
    assert "with letters" in (caught.value.problem.help or "")


def test_letters_in_a_flatten_are_refused_with_the_reason() -> None:
    with pytest.raises(sc.SpecError) as caught:
        best("encoder:\n- Conv2d(1, 8, 3)\n- Flatten", "1xHxW")
    assert (
        caught.value.problem.note
        == "of H-2, W-2 it leaves the product alone, from which no layer can tell them"
    )


def test_a_style_with_nothing_to_do_makes_no_decoder() -> None:
    text = "layers:\n- MaxPool2d(3, stride=1, padding=1)"
    assert "resize" not in [proposal.style for proposal in sc.mirror(sc.loads(text), "1x9x9")]
    with pytest.raises(sc.SpecError, match="leaves nothing to do"):
        best(text, "1x9x9", "resize")


class TestCommand:
    path = str(EXAMPLES / "mel_encoder.arch.yaml")

    def test_shows_the_best(self) -> None:
        result = run("mirror", self.path, "--top", "1")
        assert result.exit_code == 0
        assert "\n1. smooth: returns 1x10x474, 12,593 parameters, even overlap\n" in result.stdout
        assert "\nnot shown: `pixelshuffle`, `transpose`, `resize`\n" in result.stdout

    def test_an_encoder_that_does_not_run_is_reported(self) -> None:
        result = run("mirror", self.path, "--input", "2x10x474")
        assert result.exit_code == 1
        assert "input has 2 channels, but in_channels is 1" in result.stdout

    @pytest.mark.parametrize("name", ["mel_cae.arch.yaml", "missing.arch.yaml"])
    def test_what_makes_no_sense_is_usage(self, name: str) -> None:
        result = run("mirror", str(EXAMPLES / name))
        assert (result.stdout, result.exit_code) == ("", 2)
        assert result.stderr.startswith("shapecalc: ")

    def test_writes_a_spec_that_holds(self, tmp_path: Path) -> None:
        full = str(tmp_path / "full.arch.yaml")
        assert run("mirror", self.path, "-o", full).exit_code == 0
        assert run("check", full).exit_code == 0

    @pytest.mark.parametrize(
        "options", [(), ("--skips",), ("--style", "resize"), ("-i", "1xHxW"), ("-i", "1x9xW", "--skips")]
    )
    def test_emits_a_module_that_holds(self, options: tuple[str, ...], tmp_path: Path) -> None:
        result = run("mirror", self.path, *options, "--emit")
        assert result.exit_code == 0
        assert result.stdout.startswith('"""MelCAE, made by')
        emitted = execute(result.stdout, "MelCAE")
        for width in (16, 4):
            if "-i" in options:
                sizes = [(9 if "1x9xW" in options else size, size + 30) for size in (7, 8, 21)]
            else:
                sizes = [(10, 474)]
            for size in sizes:
                assert emitted.make(width=width)(torch.zeros(2, 1, *size)).shape == (2, 1, *size)
        model = tmp_path / "model.py"
        written = run("mirror", self.path, *options, "--emit", "-o", str(model), "--top", "1")
        assert written.stdout.startswith("MelCAE  1x")
        assert model.read_text() == result.stdout
        again = run("mirror", self.path, *options, "--emit", "-o", str(model))
        assert (again.exit_code, model.read_text()) == (2, result.stdout)

    def test_one_text_on_stdout(self) -> None:
        for options in (("--emit",), ("-o", "-")):
            result = run("mirror", self.path, *options, "--format", "json")
            assert (result.exit_code, result.stdout) == (2, "")
        assert run("mirror", self.path, "-o", "-").stdout.startswith(ENCODER + "decoder:\n")

    def test_keeps_a_file_that_exists(self, tmp_path: Path) -> None:
        full = tmp_path / "full.arch.yaml"
        full.write_text("mine")
        result = run("mirror", self.path, "-o", str(full))
        assert (result.exit_code, full.read_text()) == (2, "mine")
        assert "there is such a file already; --force replaces it" in result.stderr
        assert run("mirror", self.path, "-o", str(full), "--force").exit_code == 0
        assert full.read_text().startswith("# The encoder")

    def test_no_folder(self, tmp_path: Path) -> None:
        result = run("mirror", self.path, "-o", str(tmp_path / "none" / "full.arch.yaml"))
        assert result.exit_code == 2
        assert "cannot be written: No such file or directory" in result.stderr

    def test_a_folder_is_not_replaced(self, tmp_path: Path) -> None:
        result = run("mirror", self.path, "-o", str(tmp_path), "--force")
        assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
    def test_nothing_is_left_half_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        def refuse(file: int) -> None:
            raise OSError(number, os.strerror(number))

        full = tmp_path / "full.arch.yaml"
        full.write_text("mine")
        monkeypatch.setattr(os, "fsync", refuse)
        result = run("mirror", self.path, "-o", str(full), "--force")
        assert (result.exit_code, full.read_text()) == (2, "mine")
        assert os.strerror(number) in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["full.arch.yaml"]

    def test_json(self) -> None:
        data = json.loads(run("mirror", self.path, "--format", "json", "--top", "1").stdout)
        assert (data["version"], data["input"], data["latent"]) == (1, [1, 10, 474], [8, 2, 60])
        (proposal,) = data["proposals"]
        assert proposal["layers"][0] == {
            "path": "decoder.0",
            "layer": "ConvTranspose2d(8, 32, 4, stride=2, padding=2, output_padding=1)",
            "out": [32, 3, 119],
        }
        assert (proposal["style"], proposal["exact"], proposal["parameters"]) == ("smooth", True, 12593)
