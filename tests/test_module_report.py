"""What is said of models: frozen batches, data, sizes that decide, encoder and decoder, specs written back."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import module_models  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812
from torch import nn  # noqa: E402

import shapecalc as sc  # noqa: E402
from shapecalc.repair.changes import Change, retraced  # noqa: E402
from shapecalc.shapes import whole_shape  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


class Frozen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4 * 26 * 26, 10)

    def forward(self, x: Any) -> Any:
        return self.fc(F.relu(self.c(x)).view(32, -1))


def test_a_frozen_batch_is_found_and_the_rows_go_on() -> None:
    report = sc.check(Frozen(), (1, 28, 28))
    assert [problem.code.id for problem in report.problems] == ["SHP206"]
    assert "frozen to 32" in report.problems[0].message
    assert report.trace is not None
    assert report.trace.failed is None
    with pytest.raises(RuntimeError):
        Frozen()(torch.randn(4, 1, 28, 28))


def test_with_that_batch_it_is_a_warning() -> None:
    report = sc.check(sc.from_module(Frozen(), (1, 28, 28), batch=32))
    assert [(problem.code.id, problem.severity) for problem in report.problems] == [("SHP206", "warning")]
    assert Frozen()(torch.randn(32, 1, 28, 28)).shape == (32, 10)


class FrozenState(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(8, 16, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.rnn(x, (torch.zeros(1, 32, 16), torch.zeros(1, 32, 16)))[0]


def test_a_first_state_of_one_batch() -> None:
    (problem,) = sc.check(FrozenState(), (5, 8)).problems
    assert problem.path == "rnn"
    assert problem.message == "the first state is 1x32x16, and must be 1xNx16"


class CountsSamples(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        return torch.stack([self.fc(x[number]) for number in range(len(x))])


def test_a_loop_over_the_batch_is_told() -> None:
    (problem,) = sc.check(CountsSamples(), (8,)).problems
    assert problem.severity == "warning"
    assert "counts the samples in Python" in problem.message


class DecidesOnData(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        y = self.fc(x)
        if y.sum() > 0:
            y = y * 2
        return y


def test_a_forward_that_decides_on_data() -> None:
    report = sc.check(DecidesOnData(), (8,))
    (problem,) = report.problems
    assert (problem.code.id, problem.severity) == ("SHP906", "warning")
    assert report.trace is not None
    assert report.trace.output == (8,)


class Halves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: Any) -> Any:
        return self.c(F.interpolate(x, size=(int(x.shape[2] / 2), int(x.shape[3] / 2))))


class PadsOdd(nn.Module):
    def forward(self, x: Any) -> Any:
        if x.size(2) % 2:
            x = F.pad(x, (0, 0, 0, 1))
        return F.max_pool2d(x, 2)


@pytest.mark.parametrize(
    ("cls", "why"), [(Halves, "formula is lost"), (PadsOdd, "another way at other sizes")]
)
def test_sizes_says_what_has_no_formula_and_answers_by_running(cls: Any, why: str) -> None:
    found = sc.sizes(sc.from_module(cls(), (3, 32, 32)))
    assert found.limit is not None
    assert why in found.limit.message
    assert found.runs(H=33, W=31)
    assert not found.runs(H=33, W=1)
    with torch.no_grad():
        assert cls()(torch.randn(2, 3, 33, 31)).shape[2] in (16, 17)


def test_sizes_of_a_forward_with_formulas() -> None:
    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.up = nn.Conv2d(1, 4, 3, 2, 1), nn.ConvTranspose2d(4, 1, 2, 2)

        def forward(self, x: Any) -> Any:
            return torch.cat([self.up(self.a(x)), x], 1).view(x.size(0), 1, -1, x.size(3))

    arch = sc.from_module(Joined(), (1, 28, 28))
    assert str(sc.sizes(arch).axis("H").runs) == "H ≡ 0 (mod 2)"
    failing = sc.check(arch, (1, 29, 28))
    assert failing.problems[0].path == "forward:cat"
    assert "28 and 30" in (failing.problems[0].help or "")


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU()
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 3, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 3, 2, 1), nn.Sigmoid()
        )

    def forward(self, x: Any) -> Any:
        return self.decoder(self.encoder(x))


class WithMethods(Autoencoder):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = self.encoder, self.decoder
        del self.encoder, self.decoder

    def encode(self, x: Any) -> Any:
        return self.down(x)

    def decode(self, x: Any) -> Any:
        return self.up(x)

    def forward(self, x: Any) -> Any:
        return self.decode(self.encode(x))


@pytest.mark.parametrize("cls", [Autoencoder, WithMethods])
def test_an_autoencoder_returns_its_input_or_is_mended(cls: Any) -> None:
    model = cls()
    (problem, *_) = sc.check(model, (1, 10, 474)).problems
    assert problem.code.id == "SHP201"
    assert "1x10x474 at the end" in (problem.help or "")
    assert str(sc.sizes(model, (1, 10, 474)).axis("H").holds) == "H ≡ 1 (mod 4)"
    assert not vars(model).get("encode")


def test_the_mended_arguments_mend_the_real_model() -> None:
    report = sc.check(Autoencoder(), (1, 28, 28))
    assert "output_padding=1 here and in `decoder.2`" in (report.problems[0].help or "")
    model = Autoencoder()
    model.decoder[0] = nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1)
    model.decoder[2] = nn.ConvTranspose2d(8, 1, 3, 2, 1, output_padding=1)
    assert model(torch.randn(2, 1, 28, 28)).shape == (2, 1, 28, 28)
    assert not [problem for problem in sc.check(model, (1, 28, 28)).problems if problem.severity == "error"]


def test_mirror_and_output_shape_take_modules() -> None:
    encoder = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU())
    assert sc.output_shape(encoder, (1, 10, 474)) == (16, 5, 237)
    assert all(proposal.output == (1, 10, 474) for proposal in sc.mirror(encoder, (1, 10, 474)))


def test_a_reused_module_counts_its_parameters_once() -> None:
    model: Any = module_models.Reused()  # type: ignore[no-untyped-call]
    traced = sc.trace(sc.from_module(model, model.input))
    assert sum(step.params for step in traced.steps) == sum(p.numel() for p in model.parameters())


WRITTEN = [
    "PlainSequential",
    "UNetWithPad",
    "UNetWithInterpolate",
    "Residual",
    "ShuffleChannels",
    "SplitAndStack",
    "PoolUnpool",
]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_spec_reads_back_equal(name: str) -> None:
    cls = getattr(module_models, name)
    arch = sc.from_module(cls(), cls.input)
    again = sc.trace(sc.loads(sc.to_spec(arch)))
    ours = sc.trace(arch)
    assert again.ok
    assert again.output == ours.output
    assert [(step.layer, step.ins, step.out) for step in again.steps][: len(ours.steps)] == [
        (step.layer, step.ins, step.out) for step in ours.steps
    ]


def test_what_a_spec_cannot_say_is_named() -> None:
    with pytest.raises(sc.SpecError, match="einsum"):
        sc.to_spec(sc.from_module(module_models.Einsum(), module_models.Einsum.input))  # type: ignore[no-untyped-call]


LOSSES = [
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
]
PAIRS = [
    ((4, 1, 5, 6), (4, 5, 6)),
    ((4, 1), (4,)),
    ((4,), (4, 1)),
    ((4, 3), (4, 3)),
    ((4, 3), (4,)),
    ((4, 3), (5,)),
    ((4, 3, 7), (4, 7)),
    ((4, 3, 7), (4, 1, 7)),
    ((4, 5), (3, 5)),
    ((4, 5), (1, 5)),
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("output", "target"), PAIRS)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_losses_say_what_torch_does(loss: str, output: Any, target: Any) -> None:
    found = sc.check_loss(loss, output, target)
    function = getattr(F, loss)
    given = (
        torch.rand(target)
        if loss != "cross_entropy" or output == target
        else torch.zeros(target, dtype=torch.int64)
    )
    try:
        function(torch.rand(output), given)
        refused = False
    except (RuntimeError, ValueError):
        refused = True
    assert refused == any(problem.severity == "error" for problem in found)
    broadcast = not refused and output != target and loss != "cross_entropy"
    assert broadcast == any(problem.code.id == "SHP205" for problem in found)


class ReplacesItsLayer(nn.Module):
    """Makes a layer at every call."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.conv = nn.Conv2d(1, 4 + self.calls, 3)
        return self.conv(x)


def test_a_forward_that_replaces_its_layers_is_told_and_undone() -> None:
    model = ReplacesItsLayer()
    report = sc.check(model, (1, 8, 8))
    assert [(problem.code.id, problem.severity) for problem in report.problems] == [("SHP907", "warning")]
    assert report.trace is not None
    assert report.trace.output == (5, 6, 6)
    assert (model.conv.out_channels, model.calls) == (4, 0)


class RepeatsASigmoid(nn.Module):
    """A repair takes a layer out, and what is returned moves up."""

    def __init__(self) -> None:
        super().__init__()
        self.end = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.Sigmoid())

    def forward(self, x: Any) -> Any:
        return torch.sigmoid(self.end(x))


def test_what_a_forward_returns_moves_with_its_layers() -> None:
    arch = sc.from_module(RepeatsASigmoid(), input=(1, 8, 8))
    assert arch.returns == (3,)
    after = retraced(arch, {1: Change(removed=True)}, whole_shape((1, 8, 8)))
    assert after is not None
    assert after.arch.returns == (2,)
    assert after.output == (1, 8, 8)
    assert sc.check(arch).trace is not None
