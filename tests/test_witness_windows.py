"""The rules about windows: a few of their witnesses measured, their repairs made, letters for sizes, and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from time import perf_counter

import pytest
import torch
import witness_windows

from shapecalc import loads
from shapecalc.lint.page import Example, page_of
from shapecalc.lint.rule import RULES, Rule
from shapecalc.repair.changes import retraced
from shapecalc.report import check_text
from shapecalc.trace import trace

OWN = [rule for rule in RULES.values() if rule.code.name in witness_windows.WITNESSES]
WITNESSES = list(witness_windows.WITNESSES.items())

Witness = Callable[[Random], tuple[int, int]]


def compare(name: str, witness: Witness, cases: int, seed: int) -> tuple[int, int]:
    torch.set_num_threads(1)
    results = [witness(Random(f"{seed} {name} {case}")) for case in range(cases)]
    checked, differing = (sum(column) for column in zip(*results))
    return checked, differing


def test_every_rule_about_windows_has_a_witness() -> None:
    expected = {f"SHP{number}" for number in range(301, 316)} | {"SHP403"}
    assert {rule.code.id for rule in OWN} == expected


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("name", "witness"), WITNESSES)
def test_witnesses(name: str, witness: Witness) -> None:
    checked, differing = compare(name, witness, 12, 1)
    assert checked >= 12
    assert differing == 0


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("name", "witness"), WITNESSES)
def test_many_witnesses(name: str, witness: Witness) -> None:
    assert compare(name, witness, 300, 2)[1] == 0


def bad_examples() -> Iterator[object]:
    for rule in OWN:
        for number, example in enumerate(page_of(rule.page).examples):
            if not example.good:
                yield pytest.param(rule, example, id=f"{rule.code.id}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(bad_examples()))
def test_repairs_of_the_pages(rule: Rule, example: Example) -> None:
    """Where repairs are given, the first that runs ends the finding."""
    traced = trace(loads(example.text))
    for finding in rule.findings(traced, **example.options):
        traces = [retraced(traced.arch, changes, traced.shape_in) for changes in finding.repairs]
        running = [again for again in traces if again is not None and again.ok]
        assert bool(running) == bool(finding.repairs)
        for again in running[:1]:
            left = rule.findings(again, **example.options)
            assert finding.number not in [other.number for other in left]


NETWORK = """
input: 1xHxW
encoder:
  - Conv2d(1, 8, 2, stride=3)
  - ReLU
  - Conv2d(8, 8, 4, padding=2)
  - MaxPool2d(2, stride=1)
  - Conv2d(8, 8, 3, padding=2, dilation=2)
  - Conv2d(8, 8, 3, padding=2, dilation=2)
  - MaxPool2d(2, ceil_mode=True)
decoder:
  - Upsample(scale_factor=2)
  - ConvTranspose2d(8, 8, 2, stride=3, output_padding=1)
  - ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1)
"""


@pytest.mark.parametrize("rule", OWN, ids=lambda rule: rule.code.id)
def test_letters(rule: Rule) -> None:
    """With letters for sizes a rule says what holds at every size, or nothing."""
    options = {"short-latent-field": {"least": 9}, "activation-over-budget": {"budget": 1}}
    traced = trace(loads(NETWORK))
    assert traced.ok
    found = list(rule.findings(traced, **options.get(rule.code.name, {})))
    expected = {"SHP304": 1, "SHP305": 0, "SHP307": 1, "SHP313": 1}
    assert len(found) == expected.get(rule.code.id, 0)


def test_a_pad_layer_explains_the_row_that_is_dropped() -> None:
    """Reflected rows may go: 1 of 258 is one that the pad has added."""
    layers = "input: 1x256x256\nlayers: ['ReflectionPad2d(1)', 'Conv2d(1, 8, 3, stride=2)']"
    rule = RULES["SHP301"]
    assert not list(rule.findings(trace(loads(layers)), percent=0))
    in_front = layers.replace("Pad2d(1)", "Pad2d((1, 0, 1, 0))").replace("256", "257")
    assert list(rule.findings(trace(loads(in_front)), percent=0))


def test_readers_together_leave_nothing_unread() -> None:
    """Two branches that skip the same pixels lose them; one that reads them all loses none."""
    text = """
input: 8x16x16
layers:
  - given: ReLU
  - main: Conv2d(8, 8, {kernel}, stride=2{padding}, input=given)
  - short: Conv2d(8, 8, 1, stride=2, input=given)
  - Add(main, short)
"""
    rule = RULES["SHP302"]
    (finding,) = rule.findings(trace(loads(text.format(kernel=1, padding=""))))
    assert finding.message == "never reads 8 of 16 rows and 8 of 16 columns"
    assert finding.labels
    assert not list(rule.findings(trace(loads(text.format(kernel=3, padding=", padding=1")))))


def test_a_thousand_layers_in_a_moment() -> None:
    """All rules about windows, the opt-in ones too, on a stack of 1,000 layers."""
    layers = "  - Conv2d(8, 8, 3, padding=1)\n  - ReLU\n" * 500
    traced = trace(loads(f"input: 8x64x64\nlayers:\n{layers}"))
    begin = perf_counter()
    for rule in OWN:
        list(rule.findings(traced))
    assert perf_counter() - begin < 2


def test_published_networks_are_quiet() -> None:
    """A ResNet's downsampling, a DCGAN's first layer and a U-Net's transposes raise nothing."""
    for text in (
        "input: 100x1x1\nlayers: ['ConvTranspose2d(100, 64, 4)', ReLU, 'ConvTranspose2d(64, 32, 4, stride=2, padding=1)', Tanh]",
        "input: 4x84x84\nlayers: ['Conv2d(4, 32, 8, stride=4)', ReLU, 'Conv2d(32, 64, 4, stride=2)', ReLU, 'Conv2d(64, 64, 3)', ReLU]",
        "input: 3x227x227\nlayers: ['Conv2d(3, 64, 11, stride=4)', ReLU, 'MaxPool2d(3, stride=2)', 'Conv2d(64, 192, 5, padding=2)']",
    ):
        assert not check_text(text, None).problems
