"""Which sizes work: by hand, and against integers."""

from __future__ import annotations

from itertools import product

import pytest
from sizes_check import run

import shapecalc as sc
from shapecalc.problem import SpecError


def unet(poolings: int) -> str:
    down = "".join(f"- s{n}: Conv2d(3, 3, 3, padding=1)\n- MaxPool2d(2)\n" for n in range(poolings))
    up = "".join(
        f"- ConvTranspose2d(3, 3, 2, stride=2)\n- Cat(x, s{n})\n- Conv2d(6, 3, 3, padding=1)\n"
        for n in reversed(range(poolings))
    )
    return f"layers:\n{down}{up}"


def autoencoder(encoder: str, decoder: str, times: int) -> str:
    return f"encoder:\n- repeat: {times}\n  layers: ['{encoder}']\ndecoder:\n- repeat: {times}\n  layers: ['{decoder}']\n"


BY_HAND = [
    (unet(4), "3xHxW", "H ≡ 0 (mod 16)"),
    (
        autoencoder(
            "Conv2d(1, 1, 3, stride=2, padding=1)", "ConvTranspose2d(1, 1, 3, stride=2, padding=1)", 4
        ),
        "1xHxW",
        "H ≡ 1 (mod 16)",
    ),
    (
        autoencoder(
            "Conv2d(1, 1, 3, stride=2, padding=1)",
            "ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)",
            4,
        ),
        "1xHxW",
        "H ≡ 0 (mod 16)",
    ),
    (autoencoder("Conv2d(1, 1, 5)", "ConvTranspose2d(1, 1, 5)", 3), "1xHxW", "all H ≥ 13"),
    (
        autoencoder(
            "Conv2d(1, 1, 5, stride=3, padding=1)", "ConvTranspose2d(1, 1, 5, stride=3, padding=1)", 2
        ),
        "1xHxW",
        "H ≡ 0 (mod 9)",
    ),
    (autoencoder("MaxPool2d(2)", "Upsample(scale_factor=2)", 1), "1xHxW", "H ≡ 0 (mod 2)"),
    ("layers: ['Conv2d(1, 1, 5)']", "1xHxW", "all H ≥ 5"),
    ("layers: ['Flatten()', 'Linear(784, 10)']", "1xHxH", "only 28"),
    ("layers: ['Flatten()', 'Linear(785, 10)']", "1xHxH", "none"),
    ("encoder: ['Conv2d(1, 1, 3)']\ndecoder: ['Conv2d(1, 1, 3)']", "1xHxW", "none"),
    ("layers: ['AdaptiveAvgPool2d(7)', 'Flatten()', 'Linear(49, 10)']", "1xHxW", "all H"),
]


@pytest.mark.parametrize(("text", "size", "holds"), BY_HAND)
def test_by_hand(text: str, size: str, holds: str) -> None:
    found = sc.sizes(sc.loads(text), size)
    assert str(found.axis("H").holds) == holds
    if "W" in found.symbols:
        assert str(found.axis("W").holds) == holds.replace("H", "W")


def test_against_integers() -> None:
    tally = run(40, seed=9)
    assert not tally.mismatches, "\n".join(tally.mismatches)
    assert tally.holding > 1000
    assert tally.torch_runs > 10


@pytest.mark.long
def test_against_integers_at_length() -> None:
    tally = run(600, seed=10)
    assert not tally.mismatches, "\n".join(tally.mismatches)
    assert tally.torch_runs >= 300


class TestMel:
    found = sc.sizes(sc.load("examples/mel_cae.arch.yaml"), "1xHxW")

    def test_where_it_holds(self) -> None:
        assert str(self.found.axis("W").holds) == "W ≡ 2 (mod 8)"
        assert self.found.runs(H=10, W=473)
        assert not self.found.holds(H=10, W=473)
        assert self.found.holds(H=10, W=474)

    def test_sets(self) -> None:
        held = self.found.axis("H").holds
        assert 10 in held
        assert 11 not in held
        assert held.first(3) == [2, 10, 18]
        assert held.nearest(13) == 10

    def test_near(self) -> None:
        assert self.found.near(H=10, W=473) == {"H": 10, "W": 474}
        assert self.found.near(H=1, W=477) == {"H": 2, "W": 474}

    def test_huge(self) -> None:
        assert self.found.near(H=10, W=10**12) == {"H": 10, "W": 10**12 + 2}


def test_sizes_are_asked_by_their_letters() -> None:
    found = sc.sizes(sc.loads("layers: ['Conv2d(1, 1, 5)']"), "1x10xW")
    assert found.symbols == ("W",)
    with pytest.raises(KeyError, match="W"):
        found.holds()
    with pytest.raises(KeyError, match="no axis is called `H`"):
        found.axis("H")


def test_letters_are_given_where_none_are() -> None:
    assert sc.sizes(sc.loads("input: 1x28x28\nlayers: ['Conv2d(1, 1, 5)']")).symbols == ("H", "W")
    assert sc.sizes(sc.loads("input: 1x28\nlayers: ['Conv1d(1, 1, 5)']")).symbols == ("L",)
    with pytest.raises(SpecError, match="no input size"):
        sc.sizes(sc.loads("layers: [ReLU]"))


def test_what_cannot_be_said_in_symbols_is_said_to_be_so() -> None:
    found = sc.sizes(sc.loads("layers: ['Upsample(scale_factor=0.29)']"), "1xHxW")
    assert found.limit is not None
    assert found.runs(H=100, W=100)
    assert not found.runs(H=3, W=100)


def test_reasons_name_the_layer_that_asks_first() -> None:
    found = sc.sizes(sc.loads("layers: ['Conv2d(1, 1, 5)', 'Conv2d(1, 1, 5)', 'Conv2d(1, 1, 1)']"), "1x40xW")
    assert [(reason.path, str(reason.condition)) for reason in found.reasons] == [
        ("layers.0", "W >= 5"),
        ("layers.1", "W >= 9"),
    ]


@pytest.mark.parametrize(
    ("size", "help"),
    [
        ("1x9x9", "H = 8 and 10, W = 8 and 10 work; 9x9 does not"),
        ("1x8x9", "W = 8 and 10 work; 9 does not"),
    ],
)
def test_check_names_sizes_that_work_where_no_edit_mends(size: str, help: str) -> None:
    report = sc.check(sc.loads("layers: [PixelUnshuffle(2)]"), size)
    assert report.problems[0].help == help


def test_conditions_on_the_batch_count_two_samples() -> None:
    found = sc.sizes(sc.loads("layers: ['View(-1, 320)', 'Linear(320, 10)']"), "20xHxW")
    assert [(h, w) for h in range(1, 9) for w in range(1, 9) if found.runs(H=h, W=w)] == [
        (h, w) for h in range(1, 9) for w in range(1, 9) if 2 * 20 * h * w % 320 == 0
    ]


@pytest.mark.parametrize(
    "view", ["View(-1, 32)", "View(-1, 8, 4)", "View(N, -1, 8)", "View(-1, 16, 2)", "View(4, -1)"]
)
@pytest.mark.parametrize("pool", ["ReLU()", "MaxPool2d(2)"])
def test_a_view_may_keep_the_batch_whole_at_some_sizes(view: str, pool: str) -> None:
    arch = sc.loads(f"layers: ['{pool}', '{view}']")
    found = sc.sizes(arch, "2xHxW")
    for h, w in product(range(1, 13), repeat=2):
        assert found.holds(H=h, W=w) == sc.check(arch, (2, h, w), select=[]).ok, (h, w)


def test_a_batch_that_never_comes_out_holds_nowhere() -> None:
    found = sc.sizes(sc.loads("layers: ['Permute(1, 2, 3, 0)', 'Flatten(0, 2)', 'View(7, -1)']"), "2xHxW")
    assert not found.holding
