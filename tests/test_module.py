"""`from_module` against real torch: every module's output, every failing call, nothing left behind."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import module_models  # noqa: E402
from torch import nn  # noqa: E402

import shapecalc as sc  # noqa: E402
from shapecalc.layer import KINDS  # noqa: E402
from shapecalc.size import at  # noqa: E402

BATCH = 2
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # the old weight_norm is one of the styles
IDS = [model.__name__ for model in module_models.MODELS]


def samples(given: Any) -> list[tuple[int, ...]]:
    return given if isinstance(given, list) else [given]


def real_run(model: nn.Module, given: Any, dtype: Any) -> tuple[list[tuple[str, tuple[int, ...]]], Any]:
    """What forward hooks see of the modules that are kinds, and the outputs; raises what torch raises."""
    seen: list[tuple[str, tuple[int, ...]]] = []

    def hook(path: str) -> Any:
        def record(module: nn.Module, args: Any, out: Any) -> None:
            first = out[0] if isinstance(out, tuple) else out
            seen.append((path, tuple(first.shape)))

        return record

    for path, module in model.named_modules():
        is_leaf = not list(module.children()) or isinstance(module, nn.MultiheadAttention)
        if type(module).__name__.removeprefix("Parametrized") in KINDS and is_leaf:
            module.register_forward_hook(hook(path))
    tensors = [
        torch.randint(0, 9, (BATCH, *shape)) if dtype else torch.randn(BATCH, *shape)
        for shape in samples(given)
    ]
    out = model(*tensors)
    return seen, flat(out)


def flat(out: Any) -> list[tuple[int, ...]]:
    if isinstance(out, torch.Tensor):
        return [tuple(out.shape)]
    return [shape for one in (out.values() if isinstance(out, dict) else out) for shape in flat(one)]


def captured(arch: sc.Arch) -> tuple[list[tuple[str, tuple[int, ...]]], list[tuple[int, ...]]]:
    """What the rows say of the modules that are kinds, and of the outputs."""
    steps = sc.trace(arch).steps
    rows = [
        (step.path, tuple(at(size, {"N": BATCH}) for size in step.shape_out))
        for step in steps
        if "forward:" not in step.path and not step.path.endswith((".state", ".cell", ".weights"))
    ]
    returned = [steps[source - 1].shape_out if source else arch.input or () for source in arch.returns or ()]
    return rows, [tuple(at(size, {"N": BATCH}) for size in shape) for shape in returned]


@pytest.mark.parametrize("cls", module_models.MODELS, ids=IDS)
def test_every_module_returns_what_real_torch_returns(cls: Any) -> None:
    torch.manual_seed(0)
    model, dtype = cls(), getattr(cls, "dtype", None)
    arch = sc.from_module(model, cls.input, dtype=dtype)
    traced = sc.trace(arch)
    if cls.fails is not None:
        assert traced.failed is not None
        assert arch.nodes[traced.failed].path == cls.fails, traced.problems
        with pytest.raises((RuntimeError, ValueError)):
            real_run(model, cls.input, dtype)
        return
    assert traced.ok, traced.problems
    rows, outputs = captured(arch)
    real_rows, real_outputs = real_run(model, cls.input, dtype)
    assert outputs == real_outputs
    kinds = {path for path, _ in real_rows}
    assert [row for row in rows if row[0] in kinds] == real_rows


@pytest.mark.parametrize(
    "cls", [cls for cls in module_models.MODELS if cls.fails is None], ids=lambda cls: cls.__name__
)
def test_the_model_is_left_as_it_was(cls: Any) -> None:
    model = cls()
    before = {name: value for name, value in copy.copy(model.__dict__).items() if not name.startswith("_")}
    weights = {name: id(value) for name, value in model.state_dict(keep_vars=True).items()}
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
    state = torch.get_rng_state()
    sc.from_module(model, cls.input, dtype=getattr(cls, "dtype", None))
    assert {name: value for name, value in model.__dict__.items() if not name.startswith("_")} == before
    assert {name: id(value) for name, value in model.state_dict(keep_vars=True).items()} == weights
    assert [
        len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()
    ] == hooks
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training


def random_sequential(draw: random.Random) -> tuple[nn.Sequential, tuple[int, ...]]:
    """Layers drawn so that they fit each other mostly."""
    channels, size = draw.choice((1, 3, 4)), draw.randint(6, 40)
    sample, layers = (channels, size, draw.randint(6, 40)), []
    for _ in range(draw.randint(2, 8)):
        kernel, stride, padding = draw.randint(1, 5), draw.randint(1, 3), draw.randint(0, 2)
        out = draw.choice((2, 4, 8))
        taken = channels if draw.random() < 0.97 else channels + 1
        layers.append(
            draw.choice(
                (
                    lambda: nn.Conv2d(taken, out, kernel, stride, padding),  # noqa: B023
                    lambda: nn.ConvTranspose2d(taken, out, kernel, stride, padding, draw.randint(0, 1)),  # noqa: B023
                    lambda: nn.MaxPool2d(2, ceil_mode=draw.random() < 0.5),
                    lambda: nn.ReLU(),
                    lambda: nn.BatchNorm2d(channels),  # noqa: B023
                    lambda: nn.Upsample(scale_factor=2),
                    lambda: nn.AdaptiveAvgPool2d(draw.randint(1, 7)),
                    lambda: nn.Sequential(nn.Conv2d(taken, out, 3, padding=1), nn.GELU()),  # noqa: B023
                )
            )()
        )
        if isinstance(layers[-1], (nn.Conv2d, nn.ConvTranspose2d, nn.Sequential)):
            channels = out
    return nn.Sequential(*layers), sample


def compare_sequentials(count: int, seed: int) -> tuple[int, int]:
    """So many random networks, and how many of them fail in torch; the rows agree up to the failing one."""
    draw, failing = random.Random(seed), 0
    torch.manual_seed(seed)
    for _ in range(count):
        model, sample = random_sequential(draw)
        arch = sc.from_module(model, sample, batch=BATCH)
        rows, outputs = captured(arch)
        seen: list[tuple[str, tuple[int, ...]]] = []
        for path, module in model.named_modules():
            if not isinstance(module, nn.Sequential):
                module.register_forward_hook(
                    lambda m, a, out, path=path, seen=seen: seen.append((path, tuple(out.shape)))
                )
        try:
            real: tuple[int, ...] | None = tuple(model(torch.randn(BATCH, *sample)).shape)
        except (RuntimeError, ValueError):
            real = None
        # torch lets a layer return nothing, and mostly refuses it in the next one; a rule refuses it where it arises
        empty = next((number for number, (_, shape) in enumerate(seen) if 0 in shape), None)
        assert rows == seen[:empty], (model, sample, sc.trace(arch).problems)
        failing += real is None
        if real is None or empty is not None:
            assert sc.trace(arch).failed is not None, (model, sample)
        else:
            assert outputs == [real], (model, sample)
    return count, failing


def test_random_sequentials() -> None:
    compare_sequentials(60, seed=1)


@pytest.mark.long
def test_many_random_sequentials() -> None:
    compare_sequentials(3000, seed=2)


def other_sizes(given: Any, draw: random.Random) -> Any:
    """The samples with their last axes (not the channels) drawn anew; one drawing for all."""
    new: dict[int, int] = {}
    return [
        tuple(
            new.setdefault(size, max(1, size + draw.randint(-12, 12))) if axis or len(shape) == 1 else size
            for axis, size in enumerate(shape)
        )
        for shape in samples(given)
    ]


def failing_place(model: nn.Module, given: Any, dtype: Any) -> tuple[str | None, list[tuple[int, ...]]]:
    """The path of the module in which torch raises, or None and the outputs."""
    inside: list[str] = []
    handles = []
    for path, module in model.named_modules():
        if path and not isinstance(module, nn.modules.lazy.LazyModuleMixin):
            handles.append(module.register_forward_pre_hook(lambda m, a, path=path: inside.append(path)))
            handles.append(module.register_forward_hook(lambda m, a, out: inside.pop() and None))
    torch.manual_seed(0)
    tensors = [
        torch.randint(0, 9, (BATCH, *shape)) if dtype else torch.randn(BATCH, *shape) for shape in given
    ]
    try:
        return None, flat(model(*tensors))
    except (RuntimeError, ValueError, IndexError, AssertionError):
        return inside[-1] if inside else "", []
    finally:
        for handle in handles:
            handle.remove()


#: Their hooks cannot be asked: `checkpoint` and `try` leave modules half-way.
UNASKED = {"Checkpointed"}


def compare_at_other_sizes(cls: Any, count: int, seed: int) -> None:
    draw = random.Random(seed)
    dtype = getattr(cls, "dtype", None)
    for _ in range(count):
        given = other_sizes(cls.input, draw)
        model = cls()
        arch = sc.from_module(model, given, dtype=dtype, batch=BATCH)
        traced = sc.trace(arch)
        place, outputs = failing_place(model, given, dtype)
        if place is None:
            assert traced.failed is None, (given, traced.problems)
            assert captured(arch)[1] == outputs, given
        else:
            assert traced.failed is not None, (given, place)
            ours = arch.nodes[traced.failed].path
            assert (ours.partition("forward")[0].rstrip(".") if "forward" in ours else ours) == place, (
                given,
                ours,
                place,
            )


@pytest.mark.parametrize(
    "cls", [cls for cls in module_models.MODELS if cls.__name__ not in UNASKED], ids=lambda cls: cls.__name__
)
def test_other_sizes_do_as_real_torch_does(cls: Any) -> None:
    compare_at_other_sizes(cls, 3, seed=5)


@pytest.mark.long
@pytest.mark.parametrize(
    "cls", [cls for cls in module_models.MODELS if cls.__name__ not in UNASKED], ids=lambda cls: cls.__name__
)
def test_many_other_sizes(cls: Any) -> None:
    compare_at_other_sizes(cls, 60, seed=6)
