"""The figures of docs/comparison.md are what its commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
import torchinfo
from bench.comparison import LAYERS, NETWORKS, macs_row, refusal_row

PAGE = (Path(__file__).parent.parent / "docs/comparison.md").read_text(encoding="utf-8")
#: The rows of networks, by the spec that their first cell leads to.
ROWS = {
    name: row
    for row, name in re.findall(r"^(\| \[.*?\]\(\.\./examples/(.*?)\.arch\.yaml\) .*)$", PAGE, re.MULTILINE)
}
#: It takes many seconds.
LONG = "zoo/unet_padded"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name == LONG else []) for name in NETWORKS]
)
def test_multiply_accumulates(name: str) -> None:
    assert ROWS[name].split(" | ")[1:] == macs_row(name).split(" | ")[1:]


def test_every_network_is_measured() -> None:
    assert list(ROWS) == list(NETWORKS)


def test_what_the_meta_device_lets_through() -> None:
    rows = [refusal_row(text, sample) for text, sample in LAYERS]
    assert re.findall(r"^\| `.*$", PAGE, re.MULTILINE) == rows


def test_the_versions_are_those_of_the_page() -> None:
    assert f"torch {torch.__version__.partition('+')[0]} and torchinfo {torchinfo.__version__}" in PAGE
