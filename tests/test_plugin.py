"""The pytest plugin, run by pytest in a session of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import shapecalc.read.capture.run
import shapecalc.read.spec
import shapecalc.show.full
import shapecalc.testing

assert (
    shapecalc.read.spec and shapecalc.show.full and shapecalc.testing
)  # loaded before pytester notes what is
pytest_plugins = ["pytester"]

GOOD = """
input: 1x10x474
encoder:
  - Conv2d(1, 16, 3, stride=2, padding=1)
  - ReLU
decoder:
  - ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)
"""
BAD = GOOD.replace(", output_padding=1)", ")")


@pytest.fixture
def specs(pytester: pytest.Pytester) -> pytest.Pytester:
    """A session's folder with a good and a bad spec."""
    pytester.path.joinpath("good.arch.yaml").write_text(GOOD)
    pytester.path.joinpath("bad.arch.yaml").write_text(BAD)
    return pytester


def test_a_failing_pattern_shows_the_axis_both_numbers_and_the_table(specs: pytest.Pytester) -> None:
    specs.makepyfile(
        """
        from shapecalc.testing import shapes

        def test_good():
            found = shapes("good.arch.yaml", "4 1 10 474")
            assert found == "b 1 h w -> b 1 h w"
            assert found == "4 1 ... -> 4 1 ..."
            assert found.layer("encoder.0") == "b 1 h w -> b 16 h//2 w//2"
            assert found.latent == "4 16 5 237"
            assert found.output.shape == (4, 1, 10, 474)

        def test_bad():
            assert shapes("bad.arch.yaml", "4 1 10 474") == "b 1 h w -> b 1 h w"
        """
    )
    result = specs.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*axis 2 of the output is 9, but `h` is 10*",
            "*decoder.0*ConvTranspose2d*16x5x237*1x9x473*",
            "*error?SHP201?: decoder returns 1x9x473, but the input is 1x10x474*",
            "*output_padding=1 gives 1x10x474*",
        ]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('assert_shapes("good.arch.yaml", "b 1 10 w -> b 1 10 w", w=range(400, 500, 2))', None),
        ('assert_shapes("good.arch.yaml", "b 1 h w -> b 1 2*((h+1)//2) 2*((w+1)//2)")', None),
        ('assert_shapes("good.arch.yaml", "b 1 10 w -> b 1 10 w", w=range(400, 500))', "fails at w = 401: axis 3 of the output is 402"),
        ('assert_shapes("good.arch.yaml", "b 1 10 w -> b 1 10 w")', "fails at w = 1: axis 3 of the output is 2"),
        ('assert_shapes("good.arch.yaml", "b 1 10 474 -> b 2 10 474")', "the output is 1, but 2 is wanted"),
        ('assert_shapes("good.arch.yaml", "b 3 10 w -> b 1 10 w")', "input has 3 channels"),
        ('assert_restores("good.arch.yaml", "1x10x474")', None),
        ('assert_restores("good.arch.yaml", "1x11x474")', "1x11x474 does not come back"),
        ('assert_restores("good.arch.yaml", "1x10xW")', "1x10x1 does not come back"),
        ('assert_shapes("good.arch.yaml", "b 1 10 w -> b 1 10 v")', "PatternError: nothing gives `v` a size"),
        ('assert_shapes("good.arch.yaml", "b 1 10 w -> b 1 10 w", h=[3])', "PatternError: `h` stands nowhere"),
        ('assert_shapes("good.arch.yaml", "b 1 _ w -> b 1 10 w")', "PatternError: `_` leaves the input open"),
        ('assert_shapes("good.arch.yaml", "b 1 h.w -> b 1")', "PatternError: `h.w`"),
    ],
)  # fmt: skip
def test_assertions(specs: pytest.Pytester, call: str, message: str | None) -> None:
    specs.makepyfile(
        f"from shapecalc.testing import *\nfrom shapecalc.testing import assert_shapes, assert_restores\ndef test(): {call}"
    )
    result = specs.runpytest_inprocess()
    result.assert_outcomes(passed=int(message is None), failed=int(message is not None))
    if message is not None:
        assert message in result.stdout.str()


MODELS = """
import torch
from torch import nn

class CAE(nn.Module):
    def __init__(self, decoder=None):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU())
        self.decoder = decoder or nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x):
        return self.decoder(self.encoder(x))
"""


def test_models(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(models=MODELS)
    pytester.makepyfile(
        """
        from torch import nn
        from models import CAE
        from shapecalc.testing import assert_restores, assert_shapes, shapes

        def test_shapes():
            found = shapes(CAE(), "4 1 10 474")
            assert found == "b 1 h w -> b 1 h w"
            assert found.layer("encoder.0") == "b 1 h w -> b 16 h//2 w//2"
            assert found.latent == "4 16 5 237"

        def test_every_even_size():
            assert_shapes(CAE(), "b 1 10 w -> b 1 10 w", w=range(400, 500, 2))
            assert_restores(CAE(), "1x10x474")

        def test_decoder_without_a_layer_that_enlarges():
            assert shapes(CAE(nn.Conv2d(16, 1, 3, padding=1)), "4 1 10 474") == "b 1 h w -> b 1 h w"

        def test_odd_sizes():
            assert_restores(CAE(), "1xHxW")

        def test_it_cannot_run():
            assert shapes(CAE(nn.ConvTranspose2d(32, 1, 3)), "4 1 10 474") == "b 1 h w -> b 1 h w"

        def test_fixture(shape_check):
            assert shape_check(CAE(), "1x10x474").ok
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=3, failed=3)
    text = result.stdout.str()
    assert "axis 2 of the output is 5, but `h` is 10" in text
    assert "1x1x1 does not come back; what does: H ≡ 0 (mod 2) and W ≡ 0 (mod 2)" in text
    assert "it cannot run: `decoder`: input has 16 channels, but in_channels is 32" in text


def test_losses_that_broadcast_are_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import torch
        from torch import nn
        from torch.nn.functional import l1_loss
        from shapecalc.testing import no_broadcast_loss

        def step():
            return nn.MSELoss()(torch.zeros(32, 1, 10, 474), torch.zeros(32, 10, 474))

        def test_torch_says_nothing_that_fails(recwarn):
            assert step().shape == ()

        def test_fixture(no_broadcast_loss):
            step()

        def test_with():
            with no_broadcast_loss():
                l1_loss(torch.zeros(4, 3), target=torch.zeros(4))

        def test_equal_shapes(no_broadcast_loss):
            nn.MSELoss()(torch.zeros(4, 3), torch.zeros(4, 3)) + l1_loss(torch.zeros(4), torch.zeros(4))
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=2, failed=2)
    text = result.stdout.str()
    assert "`mse_loss` broadcasts 32x1x10x474 against 32x10x474 to 32x32x10x474" in text
    assert "`target.unsqueeze(1)` gives 32x1x10x474" in text


def test_the_fixture_and_its_marker(specs: pytest.Pytester) -> None:
    specs.makepyfile(
        """
        import pytest

        def test_good(shape_check):
            assert shape_check("good.arch.yaml").ok

        @pytest.mark.shape_check(input="1x11x474")
        def test_marked(shape_check):
            shape_check("good.arch.yaml")

        def test_other_size(shape_check):
            shape_check("good.arch.yaml", "1x12x474")

        def test_bad(shape_check):
            shape_check("bad.arch.yaml")
        """
    )
    result = specs.runpytest_inprocess("--strict-markers")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*decoder returns 1x12x474, but the input is 1x11x474*"])
    result.stdout.fnmatch_lines(["*bad.arch.yaml:7:5*"])


def test_specs_are_collected_when_asked_for(specs: pytest.Pytester) -> None:
    assert specs.runpytest_inprocess().ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result = specs.runpytest_inprocess("--shapecalc", "-v")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*bad.arch.yaml::restores FAILED*", "*good.arch.yaml::lint PASSED*"])
    result.stdout.fnmatch_lines(["*error?SHP201?: decoder returns 1x9x473, but the input is 1x10x474"])
    specs.makeini("[pytest]\nshapecalc = true")
    specs.runpytest_inprocess().assert_outcomes(passed=5, failed=1)


def test_a_spec_that_cannot_be_read_fails_with_its_place(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("broken.arch.yaml").write_text("layers:\n  - Conv2D(1, 2, 3)\n")
    pytester.path.joinpath("open.arch.yaml").write_text("layers:\n  - Conv2d(1, 2, 3)\n")
    result = pytester.runpytest_inprocess("--shapecalc", "-rs")
    result.assert_outcomes(failed=1, skipped=2)
    result.stdout.fnmatch_lines(["*error?SHP005?: unknown layer `Conv2D`*", "*broken.arch.yaml:2:5*"])
    result.stdout.fnmatch_lines(["*SKIPPED*no input size is known*"])


def test_the_plugin_imports_nothing_until_it_is_used() -> None:
    """Loaded in a session that does not use it, it has no torch, no layers, no reader."""
    code = (
        "import sys, pytest, shapecalc.pytest_plugin\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('torch', 'yaml', 'rich', 'pydantic', 'hypothesis')"
        " or name.startswith(('shapecalc.layers.', 'shapecalc.read.', 'shapecalc.lint', 'shapecalc.show'))])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
