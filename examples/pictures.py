"""Greyscale PNG files, and the end of both training examples: errors in numbers and in a picture."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor


def write_png(path: Path, picture: Tensor) -> None:
    """Write a picture of values from 0 (black) to 1 (white), rows first."""
    height, width = picture.shape
    rows = (picture.clamp(0, 1) * 255).round().to(torch.uint8)
    pixels = b"".join(b"\0" + bytes(row.tolist()) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, data in chunks:
            file.write(
                struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            )


def enlarged(picture: Tensor, times: int) -> Tensor:
    """Every pixel as a square, with a grey border."""
    large = picture.repeat_interleave(times, 0).repeat_interleave(times, 1)
    return torch.nn.functional.pad(large, (2, 2, 2, 2), value=0.5)


def errors(name: str, output: Tensor, wanted: Tensor, mean: Tensor) -> None:
    """Print the mean squared errors of the reconstruction and of predicting the mean of the training data."""
    own = (output - wanted).square().mean().item()
    baseline = (mean - wanted).square().mean().item()
    print(
        f"{name}: reconstruction error {own:.5f}, predicting the mean {baseline:.5f}: {baseline / own:.1f} times less"
    )
