"""Published autoencoders that change 10x474 in silence, their encoders as specs, and the mirrors that do not."""

from __future__ import annotations

import pytest
from torch_oracle import shapes_of, torch_shapes

import shapecalc as sc

#: MONAI's `AutoEncoder` (monai.networks.nets): kernel 3, strides 2, 2, 2, padding 1; its decoder always adds
#: output_padding 1.
MONAI = """\
input: 1x10x474
encoder:
- Conv2d(1, 16, 3, stride=2, padding=1)
- InstanceNorm2d(16)
- PReLU()
- Conv2d(16, 32, 3, stride=2, padding=1)
- InstanceNorm2d(32)
- PReLU()
- Conv2d(32, 64, 3, stride=2, padding=1)
"""
MONAI_DECODER = "decoder:\n" + "".join(
    f"- ConvTranspose2d({taken}, {made}, 3, stride=2, padding=1, output_padding=1)\n"
    for taken, made in ((64, 32), (32, 16), (16, 1))
)

#: diffusers' `AutoencoderKL`: each downsampler pads right and below by one and strides by 2 without padding;
#: each upsampler doubles.
DIFFUSERS = "input: 3x10x474\nencoder:\n" + "".join(
    f"- ZeroPad2d((0, 1, 0, 1))\n- Conv2d({taken}, {made}, 3, stride=2)\n- SiLU()\n"
    for taken, made in ((3, 16), (16, 32), (32, 4))
)
DIFFUSERS_DECODER = "decoder:\n" + "".join(
    f"- Upsample(scale_factor=2)\n- Conv2d({taken}, {made}, 3, padding=1)\n"
    for taken, made in ((4, 32), (32, 16), (16, 3))
)

PUBLISHED = [
    (MONAI, MONAI_DECODER, (1, 16, 480)),
    (DIFFUSERS, DIFFUSERS_DECODER, (3, 8, 472)),
]


@pytest.mark.parametrize(("encoder", "decoder", "returned"), PUBLISHED, ids=["monai", "diffusers"])
def test_the_published_decoder_changes_the_size(
    encoder: str, decoder: str, returned: tuple[int, ...]
) -> None:
    report = sc.check(sc.loads(encoder + decoder))
    assert report.trace is not None
    assert report.trace.output == returned
    broken = [problem.code.id for problem in report.problems if problem.code.id.startswith("SHP2")]
    assert broken == ["SHP201"]
    assert torch_shapes(report.trace.arch, report.trace, report.trace.input) == shapes_of(report.trace)


@pytest.mark.parametrize(("encoder", "decoder", "returned"), PUBLISHED, ids=["monai", "diffusers"])
def test_every_mirror_returns_the_input(encoder: str, decoder: str, returned: tuple[int, ...]) -> None:
    arch = sc.loads(encoder)
    proposals = sc.mirror(arch)
    assert "transpose" in {proposal.style for proposal in proposals}
    for proposal in proposals:
        assert proposal.exact
        traced = sc.trace(proposal.arch)
        assert traced.output == traced.input
        assert traced.input[1:] == (10, 474)
        assert torch_shapes(proposal.arch, traced, traced.input) == shapes_of(traced)
