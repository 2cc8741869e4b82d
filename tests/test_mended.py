"""Networks that were judged wrongly once: what is said of them now, and that what is offered works in torch."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from module_models import Modulated, Windows
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torch_oracle import torch_shapes

import shapecalc as sc
from shapecalc.fixing import fixed
from shapecalc.size import at


class ReturnsItsInput(nn.Module):
    """A variational autoencoder that returns what it was given as well, for the loss; its decoder is one short."""

    def __init__(self, last: int = 0) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1))
        self.mean, self.spread, self.take = nn.Linear(256, 4), nn.Linear(256, 4), nn.Linear(4, 256)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 3, 2, 1, 1), nn.ReLU(), nn.ConvTranspose2d(8, 3, 3, 2, 1, last)
        )

    def encode(self, x: Any) -> Any:
        h = self.encoder(x).flatten(1)
        return self.mean(h), self.spread(h)

    def decode(self, z: Any) -> Any:
        return self.decoder(self.take(z).view(-1, 16, 4, 4))

    def forward(self, x: Any) -> Any:
        mean, spread = self.encode(x)
        return self.decode(mean + torch.randn_like(mean) * spread.exp()), x, mean, spread


class Clips(nn.Module):
    """An autoencoder of frames: each is coded by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Conv2d(1, 2, 4, 2, 1), nn.ConvTranspose2d(2, 1, 4, 2, 1)

    def forward(self, x: Any) -> Any:
        return torch.stack(
            [self.decoder(self.encoder(x[:, frame]).tanh()).tanh() for frame in range(x.size(1))], 1
        )


class Words(nn.Module):
    """A language model returns a row for each word."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 20)

    def forward(self, x: Any) -> Any:
        return F.log_softmax(self.head(self.rnn(x)[0]).view(-1, 20), dim=1)


class Turned(nn.Module):
    """Frames and samples are mistaken for each other."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.LSTM(5, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.head(self.rnn(x.reshape(7, -1, 5))[0][:, -1])


class Halves(nn.Module):
    """A code in two halves, mean and spread."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 8))
        self.decoder = nn.Sequential(nn.Linear(4, 64), nn.Unflatten(1, (1, 8, 8)))

    def forward(self, x: Any) -> Any:
        mean, spread = self.encoder(x).chunk(2, 1)
        return self.decoder(mean + spread.exp()), mean, spread


class Long(nn.Module):
    """An LSTM over what lies otherwise than in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 4, 2, bidirectional=True)

    def forward(self, x: Any) -> Any:
        return self.rnn(x.permute(2, 0, 1))[0].permute(1, 2, 0)


class Sequence(nn.Module):
    """An LSTM's last state is the code, given to the decoder at every step (Srivastava et al. 2015)."""

    def __init__(self, steps: Any = slice(-1, None)) -> None:
        super().__init__()
        self.steps = steps
        self.encoder, self.decoder = nn.LSTM(7, 16, batch_first=True), nn.LSTM(16, 16, batch_first=True)
        self.head = nn.Linear(16, 7)

    def forward(self, x: Any) -> Any:
        code = self.encoder(x)[1][0]
        code = (
            code[-1] if self.steps == slice(-1, None) else code[:, -1]
        )  # the last layer, or the last sample
        return self.head(self.decoder(code.unsqueeze(1).repeat(1, x.size(1), 1))[0])


class Reduced(nn.Module):
    """Attention over fewer keys than queries: both are products of sizes (Xie et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.reduce = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 2, 2)
        self.query, self.both = nn.Linear(8, 8), nn.Linear(8, 16)

    def forward(self, x: Any) -> Any:
        x = self.patch(x)
        n, c, h, w = x.shape
        q = self.query(x.flatten(2).transpose(1, 2)).reshape(n, h * w, 2, 4).permute(0, 2, 1, 3)
        y = self.reduce(x).flatten(2).transpose(1, 2)
        k, v = self.both(y).reshape(n, -1, 2, 2, 4).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, h * w, c)
        return x + y.transpose(1, 2).reshape(n, c, h, w)


class Unpooled(nn.Module):
    """A pool that is undone to the size that it took."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x: Any) -> Any:
        y, places = self.pool(x)
        return self.unpool(y, places, output_size=x.size())


@pytest.mark.parametrize("cls", [Reduced, Unpooled, Windows])
def test_sizes_are_those_that_torch_takes(cls: Any) -> None:
    model = cls()
    found = sc.sizes(sc.from_module(model, (3, 16, 16)))
    for height in (1, 2, 3, 7, 8, 15, 16, 21, 24):
        try:
            model(torch.randn(2, 3, height, 16))
            runs = True
        except RuntimeError:
            runs = False
        assert found.runs(H=height, W=16) == runs, height


def test_a_code_of_another_batch_does_not_come_back() -> None:
    (problem,) = sc.check(Sequence(slice(0)), (12, 7)).problems
    assert (problem.code.id, problem.message) == ("SHP201", "decoder returns 1x12x7, but the input is 12x7")


CLEAN = [
    (Modulated, (12,)), (Sequence, (12, 7)), (Windows, (3, 16, 16)), (Clips, (5, 1, 16, 16)), (Words, (7, 5)), (Halves, (1, 8, 8)),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "sample"), CLEAN, ids=lambda given: getattr(given, "__name__", ""))
def test_nothing_is_said_of_what_is_right(cls: Any, sample: tuple[int, ...]) -> None:
    assert [str(problem) for problem in sc.check(cls(), sample).problems] == []


@pytest.mark.parametrize(
    ("cls", "sample"), [CLEAN[0], *CLEAN[2:4]], ids=lambda given: getattr(given, "__name__", "")
)
def test_its_products_are_torchs(cls: Any, sample: tuple[int, ...]) -> None:
    model = cls()
    with FlopCounterMode(display=False) as counter:
        model(torch.randn(2, *sample))
    steps = sc.trace(sc.from_module(model, sample)).steps
    assert 4 * sum(at(step.macs, {"N": 2}) for step in steps) == counter.get_total_flops()


def test_the_input_that_is_returned_is_not_what_came_back() -> None:
    (problem,) = sc.check(ReturnsItsInput(), (3, 16, 16)).problems
    assert (problem.code.id, problem.path) == ("SHP201", "decoder.2")
    assert problem.help == "output_padding=1 gives 3x16x16 at the end"
    assert ReturnsItsInput(1)(torch.randn(2, 3, 16, 16))[0].shape == (2, 3, 16, 16)
    assert sc.check(ReturnsItsInput(1), (3, 16, 16)).ok


def test_a_batch_behind_the_sequence_is_seen() -> None:
    found = sc.check(Turned(), (7, 5)).problems
    assert [(problem.code.id, problem.path) for problem in found] == [("SHP327", "rnn")]


def test_a_long_sequence_costs_nothing() -> None:
    started = time.perf_counter()
    assert sc.output_shape(Long(), (4, 4000)) == (8, 4000)
    assert time.perf_counter() - started < 10


#: A spec, how its help begins, and whether nothing is left to say once that is done.
REPAIRS = [
    ("input: 1x64x64\nlayers: [{a: 'Conv2d(1, 8, 3, stride=2, padding=1)'}, 'Conv2d(8, 16, 3, stride=2, padding=1)', "
     "'Upsample(scale_factor=3)', {b: 'Conv2d(16, 8, 3, padding=1)'}, 'Add(a, b)']", "scale_factor=2 in `layers.2` "),
    ("input: 4x9x9\nlayers: [{a: Identity}, 'Conv2d(4, 8, 1)', BatchNorm2d(8), {b: ReLU}, 'Add(a, b)']",
     "out_channels=4 in `layers.1` and num_features=4 in `layers.2` "),
    ("input: 4x9x9\nlayers: [{a: Identity}, 'AdaptiveAvgPool2d(1)', 'Conv2d(4, 5, 1)', {s: Sigmoid}, 'Mul(a, s)']",
     "out_channels=4 in `layers.2` "),
    ("input: 4x16x16\nlayers: [{a: 'Conv2d(4, 4, 3, stride=2, padding=1)'}, {s: 'Conv2d(4, 4, 1, input=input)'}, "
     "'Add(a, s)']", "stride=2 in `layers.s` "),
    ("input: 4x17x17\nlayers: [{a: 'Conv2d(4, 4, 1)'}, {b: 'Conv2d(4, 4, 3, padding=2, dilation=6, input=input)'}, "
     "'Cat(a, b)']", "padding=6 in `layers.b` "),
    ("input: 4x5x5\nlayers: ['Conv2d(4, 4, 3, padding=6, dilation=12)']", "padding=12 "),
    ("input: 1x28x28\nencoder: [Flatten, 'Linear(784, 3136)']\ndecoder: ['Unflatten(1, (64, 8, 8))', "
     "'ConvTranspose2d(64, 8, 4, stride=2, padding=1)', 'ConvTranspose2d(8, 1, 4, stride=2, padding=1)']",
     "unflattened_size=(64, 7, 7) "),
    ("input: 3136\nlayers: ['View(-1, 32, 7, 7)', 'Conv2d(64, 8, 3)']", "size=(-1, 64, 7, 7) "),
    ("input: 4x7x7\nlayers:\n  - Conv2d(4, 4, 3)\n  - Linear(100, 10)", "`Flatten()` before it "),
    ("input: 5x7\nlayers: ['Permute(0, 2, 1)', 'View(N, 35)']", "`Reshape` for `View` "),
    ("input: 7x5\nlayers: ['LSTM(5, 6, batch_first=True)', 'View(N, 42)']", "`Reshape` for `View` "),
    ("input: 64x16\noutput: 1x64\nlayers: ['ConvTranspose1d(64, 1, 25, stride=4, padding=11)']", "output_padding=1 "),
    ("input: 3x16x16\nencoder: ['Conv2d(3, 8, 3, stride=2, padding=1)', 'Conv2d(8, 4, 3)']\n"
     "decoder: ['ConvTranspose2d(4, 3, 4, stride=2, padding=1)']", "padding=1 in `encoder.1` "),
]  # fmt: skip


@pytest.mark.parametrize(("text", "help"), REPAIRS)
def test_the_repair_is_the_one_that_is_meant(text: str, help: str) -> None:
    problem = next(problem for problem in sc.check(sc.loads(text)).problems if problem.severity == "error")
    assert str(problem.help).startswith(help), problem
    fixed = sc.fix(text + "\n", unsafe=True)
    arch = sc.loads(fixed.text)
    traced = sc.trace(arch)
    assert not [problem for problem in fixed.left if problem.severity == "error"]
    assert torch_shapes(arch, traced, traced.input)[-1][1:] == traced.output


#: Channels that stand where sizes are wanted: another input would only fit by chance.
TURNED = [
    "input: 3x64x64\nlayers: ['Conv2d(3, 32, 4, stride=4)', 'LayerNorm(32)']",
    "input: 3x64x64\nlayers: [{a: 'Conv2d(3, 32, 4, stride=4)'}, 'Permute(0, 2, 1, 3)', {b: ReLU}, 'Add(a, b)']",
]


@pytest.mark.parametrize("text", TURNED)
def test_no_other_input_is_offered_for_an_axis_out_of_its_place(text: str) -> None:
    (problem,) = sc.check(sc.loads(text)).problems
    assert problem.help is None


#: What no number mends is offered none: both channels and sizes differ, a GLU has odd channels.
WITHOUT = [
    "input: 1x64x64\nlayers: [{a: 'Conv2d(1, 8, 3, padding=1)'}, {b: 'Conv2d(1, 9, 5, input=input)'}, 'Add(a, b)']",
    "input: 3x40\nlayers: ['Conv1d(3, 17, 3)', 'GLU(1)', 'Conv1d(8, 8, 3)']",
]


@pytest.mark.parametrize("text", WITHOUT)
def test_no_number_is_offered_that_only_fits_by_chance(text: str) -> None:
    (problem,) = sc.check(sc.loads(text)).problems
    assert problem.fix is None, problem


def test_what_a_squeeze_leaves_open_is_answered_size_by_size() -> None:
    arch = sc.loads(
        "input: 1x32x40\nlayers: ['MaxPool2d((32, 1))', 'Squeeze(2)', 'Permute(0, 2, 1)', 'Linear(1, 3)']"
    )
    found = sc.sizes(arch)
    for height in (31, 32, 40, 63, 64):
        assert found.runs(H=height, W=40) == (sc.trace(arch, (1, height, 40)).failed is None), height
    assert found.runs(H=40, W=9)


@pytest.mark.parametrize("cls", [Modulated, Turned])
def test_what_is_no_module_of_layers_is_refused_by_name(cls: Any) -> None:
    arch = sc.from_module(cls(), (12,) if cls is Modulated else (7, 5))
    if cls is Modulated:
        with pytest.raises(sc.SpecError, match="is nothing that a module of layers can say"):
            sc.emit(arch)
    else:
        assert "class Turned" in sc.emit(arch)


def test_the_code_of_a_variational_autoencoder_is_what_is_drawn() -> None:
    """Not the 256 numbers that are made of it for the decoder; and where a skip goes past, what the decoder takes."""

    class WithSkip(ReturnsItsInput):
        def forward(self, x: Any) -> Any:
            code, skipped = self.mean(self.encoder(x).flatten(1)), self.encoder[0](x)
            return self.decoder[2](self.decoder[0](self.take(code).view(-1, 16, 4, 4)) + skipped)

    found = {}
    for model in (ReturnsItsInput(1), WithSkip(1)):
        traced = sc.trace(sc.from_module(model, "3x16x16"))
        code = traced.arch.contract.latent_node
        found[type(model).__name__] = None if code is None else traced.steps[code].out
    assert found == {"ReturnsItsInput": (4,), "WithSkip": (16, 4, 4)}


@pytest.mark.parametrize(
    ("layers", "input"),
    [
        ("Permute(0, 2, 1)|View(N, -1)", "5x7"),
        ("Permute(0, 2, 1)|ReLU()|View(N, -1)", "5x7"),
        ("LSTM(_, 2, batch_first=True)|View(N, -1)", "3x28"),
        ("LSTM(4, 2, batch_first=True)|View(N, -1)", "9x4"),
        ("Conv1d(5, 4, 3)|View(N, -1)", "5x7"),
        ("Slice(2, 0, 4)|View(N, -1)", "5x7"),
    ],
)
def test_sizes_and_check_agree_on_views(layers: str, input: str) -> None:
    arch = sc.loads(f"input: {input}\nlayers: {layers.split('|')}")
    letters = input.replace("7", "L").replace("28", "L").replace("9x", "Lx")
    found = sc.sizes(arch, letters)
    for length in (7, 9, 28):
        shape = letters.replace("L", str(length))
        assert found.holds(L=length) == sc.check(arch, shape, select=[]).ok, shape


def test_before_a_join_a_pool_without_a_stride_gets_a_kernel() -> None:
    """Which is its stride, then: `MaxPool2d(1)` keeps its input's size."""
    layers = "skip: 'Conv2d(3, 8, 3, padding=1)'|MaxPool2d(1)|up: 'ConvTranspose2d(8, 8, 2, stride=2, output_padding=(1, 0))'|Cat(up, skip)"
    text = "\n- ".join(["input: 3x17x22\nlayers:", *layers.split("|")]) + "\n"
    result = fixed(text, unsafe=True)
    assert result.report.ok
    assert "MaxPool2d(2)" in result.text
