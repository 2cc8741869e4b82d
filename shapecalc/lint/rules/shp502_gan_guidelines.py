"""A GAN's network departs from the guidelines of DCGAN.

Radford et al. trained many and kept these: no pooling, but strided convolutions (discriminator) and transposed ones
(generator); batch norm in both; in the generator `ReLU`, and `Tanh` at its end; in the discriminator `LeakyReLU`.
They made GANs of their day train, and are folklore since: many later ones pool, resize, or use spectral or no norm.
Off unless it is asked for, and only for networks of the profile `gan`: what enlarges a code, or says `profile: gan`.

Bad:
    input: 3x32x32
    profile: gan
    layers:
      - Conv2d(3, 64, 4, stride=2, padding=1, bias=False)
      - BatchNorm2d(64)
      - ReLU  # SHP502
      - MaxPool2d(2)  # SHP502
      - Conv2d(64, 1, 8)

Good:
    input: 3x32x32
    profile: gan
    layers:
      - Conv2d(3, 64, 4, stride=2, padding=1)
      - LeakyReLU(0.2)
      - Conv2d(64, 128, 4, stride=2, padding=1, bias=False)
      - BatchNorm2d(128)
      - LeakyReLU(0.2)
      - Conv2d(128, 1, 8)

Source: Radford, Metz & Chintala 2015, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", section 3, "Architecture guidelines".
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..profile import profile_of
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    if not trace.steps or profile_of(trace) != "gan":
        return
    generates = _generates(trace)
    part, wanted = ("generator", "ReLU") if generates else ("discriminator", "LeakyReLU")
    learned = [number for number, step in enumerate(trace.steps) if step.layer.role == "weights"]
    for number, step in enumerate(trace.steps):
        kind, role = type(step.layer).__name__, step.layer.role
        if role == "pool":
            instead = "a transposed convolution" if generates else "a strided convolution"
            yield Finding(number, f"a GAN's {part} has {instead} in the place of {kind}")
        elif role == "activation" and learned and number < learned[-1] and kind != wanted:
            yield Finding(number, f"a {part}'s activation is {wanted}, not {kind}")
    if len(learned) > 2 and not any("BatchNorm" in type(step.layer).__name__ for step in trace.steps):
        yield Finding(learned[1], f"a GAN's {part} has batch norm behind its inner layers")
    last = type(trace.steps[-1].layer).__name__
    if generates and last != "Tanh":
        yield Finding(len(trace.steps) - 1, f"a generator ends in Tanh, not in {last}")


def _generates(trace: Trace) -> bool:
    """Whether it makes an image of a code: it enlarges, and does not shrink."""
    first, last = trace.shape_in, trace.shape_out or ()
    if len(last) < 3 or len(first) < 3:
        return len(last) > len(first)
    return any((a < b) is True for a, b in zip(first[2:], last[2:]))
