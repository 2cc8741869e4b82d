"""The zoo: published networks have the published sizes and parameters, run in torch, and are left in peace."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from emit_check import compare, execute

import shapecalc as sc
from shapecalc.shapes import spell
from shapecalc.trace import Trace

DOCS = Path(__file__).parent.parent / "docs"
sys.path.append(str(DOCS))
table: Any = import_module("zoo_table")
PUBLISHED: dict[str, dict[str, Any]] = table.published()

#: Warnings at default that their authors would accept, and why.
ACCEPTED: dict[str, dict[str, str]] = {}

#: Networks of at most so many multiply-accumulates are run in torch here; the others with `-m long`.
SMALL = 600_000_000


def traced(name: str) -> Trace:
    return sc.trace(sc.load(table.ZOO / f"{name}.arch.yaml"))


def cost(name: str) -> int:
    return sum(step.macs for step in traced(name).steps if isinstance(step.macs, int))


def test_every_spec_has_its_row() -> None:
    assert {path.name.removesuffix(".arch.yaml") for path in table.ZOO.glob("*.arch.yaml")} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_and_sizes_are_the_published(name: str) -> None:
    trace = traced(name)
    assert sum(step.params for step in trace.steps) == PUBLISHED[name]["parameters"]
    sizes = {step.path: spell(step.out) for step in trace.steps}
    wanted = PUBLISHED[name]["sizes"]
    assert {path: sizes[path] for path in wanted} == wanted


@pytest.mark.parametrize("name", PUBLISHED)
def test_check_lets_it_be(name: str) -> None:
    report = sc.check(table.ZOO / f"{name}.arch.yaml")
    assert report.ok
    warned = {problem.code.name for problem in report.problems if problem.severity == "warning"}
    assert warned == set(ACCEPTED.get(name, {}))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_emitted_module_has_the_published_parameters(name: str) -> None:
    trace = traced(name)
    large = PUBLISHED[name]["parameters"] > 20_000_000
    with torch.device("meta" if large else "cpu"):
        model = execute(sc.emit(trace.arch), trace.arch.name).make()
    assert sum(parameter.numel() for parameter in model.parameters()) == PUBLISHED[name]["parameters"]


@pytest.mark.parametrize("name", [name for name in PUBLISHED if cost(name) <= SMALL])
def test_the_emitted_module_runs_in_torch(name: str) -> None:
    ran(name)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in PUBLISHED if cost(name) > SMALL])
def test_the_emitted_module_of_a_large_network_runs_in_torch(name: str) -> None:
    ran(name)


def ran(name: str) -> None:
    """Pass two samples through the emitted module, and compare every layer's output with the trace."""
    compared, _, mismatch = compare(traced(name).arch, None)
    assert mismatch is None
    assert compared


def test_the_page_says_what_check_says() -> None:
    page = table.zoo_page()
    assert page.count("\n| [") == len(PUBLISHED)
    for facts in PUBLISHED.values():
        assert f"| {facts['parameters']:,} |" in page


def test_wavenet_sees_as_far_as_published() -> None:
    """Its output at a sample depends on 3,070 of them: three stacks of 1 + 2 + 4 + ... + 512, and itself."""
    filters = [vars(step.layer) for step in traced("wavenet").steps if step.path.endswith("filter.0")]
    assert all(layer["kernel_size"] == 2 for layer in filters)
    assert 1 + sum(layer["dilation"] for layer in filters) == 3070


def test_segnet_has_the_published_encoder() -> None:
    """Badrinarayanan et al. 2015, section 3: 14.7 million parameters without VGG-16's linear layers."""
    encoder = [step for step in traced("segnet").steps if step.path.startswith("encoder.")]
    assert round(sum(step.params for step in encoder) / 1e6, 1) == 14.7
