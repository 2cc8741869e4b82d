"""What a report page answers to what is typed, in headless Chromium, against what the engine says."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from browser import browser, is_there
from page_check import differences, page
from page_networks import random_spec
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc.arch import Arch
from shapecalc.cli import app

ROOT = Path(__file__).parent.parent
MEL = ROOT / "examples/mel_cae.arch.yaml"
pytestmark = pytest.mark.skipif(not is_there(), reason="no chromium, chromedriver and selenium")


def hundred() -> Arch:
    """A network of a hundred layers."""
    halves = ["Conv2d(8, 8, 3, stride=2, padding=1)", "ReLU()"] * 5
    keeps = ["Conv2d(8, 8, 3, padding=1)", "BatchNorm2d(8)", "ReLU()"] * 26
    layers = ["Conv2d(1, 8, 3, padding=1)", "ReLU()", *halves, *keeps, *halves]
    assert len(layers) == 100
    return sc.loads("input: 1x2048x2048\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    opened = browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.quit()


def typed(driver: Any, letter: str, size: str) -> None:
    field = driver.find_element("id", f"size-{letter}")
    field.clear()
    field.send_keys(size)


def test_typing_473_shows_the_red_row_and_the_words_of_the_command(driver: Any, tmp_path: Path) -> None:
    driver.get(f"file://{page(sc.load(MEL), tmp_path)}")
    assert not driver.find_elements("css selector", "tr.wrong, tr.failed")
    typed(driver, "W", "473")
    result = CliRunner().invoke(app, ["check", str(MEL), "--input", "1x10x473", "--format", "json"])
    (problem,) = [found for found in json.loads(result.output)["problems"] if found["severity"] == "error"]
    (row,) = driver.find_elements("css selector", "tr.wrong")
    assert row.find_element("tag name", "th").text.removeprefix("✗ ") == problem["path"] == "decoder.4"
    said = driver.find_element("id", "said").text
    assert (
        said == f"error[{problem['code']}] {problem['path']}: {problem['message']}\nnote: {problem['note']}"
    )
    assert driver.find_element("id", "verdict").text.startswith("1x10x473 runs, but the contract is broken")
    use = driver.find_element("id", "use")
    assert use.text == "1x10x474"
    use.click()
    assert driver.find_element("id", "verdict").text == "1x10x474 comes back unchanged"
    assert not driver.find_elements("css selector", "tr.wrong, tr.failed")
    typed(driver, "W", "0")
    assert driver.find_element("id", "size-W").get_attribute("aria-invalid") == "true"
    assert "size of 1 or more" in driver.find_element("id", "verdict").text
    assert driver.get_log("browser") == []


def test_a_layer_that_cannot_run_is_the_red_row(driver: Any, tmp_path: Path) -> None:
    driver.get(f"file://{page(sc.load(ROOT / 'examples/mel_first_try.arch.yaml'), tmp_path)}")
    (row,) = driver.find_elements("css selector", "tr.failed")
    assert row.find_element("tag name", "th").text.removeprefix("✗ ") == "encoder.2"
    assert "64x2x466 → ✗" in row.text
    typed(driver, "H", "4")
    (row,) = driver.find_elements("css selector", "tr.failed")
    assert row.find_element("tag name", "th").text.removeprefix("✗ ") == "encoder.0"
    assert "height 4 is smaller than kernel 5" in driver.find_element("id", "said").text
    assert len(driver.find_elements("css selector", "tr.unreached")) == 5


def test_the_keyboard_alone_will_do(driver: Any, tmp_path: Path) -> None:
    driver.get(f"file://{page(sc.load(MEL), tmp_path)}")
    reached = []
    for _ in range(4):
        driver.switch_to.active_element.send_keys("\ue004")  # tab
        reached.append(driver.switch_to.active_element.get_attribute("id"))
    assert reached[:3] == ["size-H", "size-W", "reset"]
    driver.find_element("id", "size-W").send_keys("\ue013")  # arrow up
    assert driver.find_element("id", "verdict").text.startswith("1x10x475")


@pytest.mark.parametrize("path", ["mel_cae", "unet", "vgg_classifier", "zoo/unet", "zoo/resnet18"])
def test_every_answer_of_a_page_is_the_engines(driver: Any, tmp_path: Path, path: str) -> None:
    arch = sc.load(ROOT / f"examples/{path}.arch.yaml")
    driver.get(f"file://{page(arch, tmp_path)}")
    assert differences(driver, arch, 500) == []


@pytest.mark.long
@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/cases_as_specs").glob("*.yaml")), ids=lambda path: path.name
)
def test_no_page_says_what_the_engine_does_not(driver: Any, tmp_path: Path, path: Path) -> None:
    try:
        arch = sc.load(path)
    except sc.SpecError:
        pytest.skip("cannot be read")
    driver.get(f"file://{page(arch, tmp_path)}")
    if driver.execute_script("return !window.shapecalc"):
        pytest.skip("the field is off")
    assert differences(driver, arch, 200, unsaid=True) == []


OPEN = "['Conv2d(3, 8, 3)', MaxPool2d(2), Flatten(), 'Linear(_, 10)']"
CODER = "encoder: ['Conv2d(1, 4, 3, stride=2, padding=1)']\ndecoder: ['ConvTranspose2d(4, 1, 4, stride=2, padding=1)']"
ANSWERED = {
    "open": f"input: 3x20x30\nlayers: {OPEN}",
    "lazy": "input: 3x20x30\nlayers: [Flatten(2), 'LSTM(_, 5, batch_first=True)', Flatten(), LazyLinear(4)]",
    "letters": f"input: 3xHxW\nlayers: {OPEN}",
    "quotient": "input: 3x14x41\nlayers: ['View(N, 41, -1)', ReLU()]",
    "a code in numbers": f"input: 1x16x24\nlatent: 4x8x12\n{CODER}",
    "a code in wrong numbers": f"input: 1x16x24\nlatent: 4x9x12\n{CODER}",
    "an output in wrong numbers": "input: 3x20x30\noutput: 8x18x27\nlayers: ['Conv2d(3, 8, 3)']",
    "folded at most sizes": "input: 2x8x8\nlayers: ['View(-1, 32)', 'Linear(32, 4)']",
    "stride over a product": "input: 2x13x17\nlayers: [Flatten(2), 'Conv1d(2, 4, 5, stride=2)', 'MaxPool1d(3)']",
    "product of a product": "input: 1x4x5x6\nlayers: ['Flatten(2, 3)', 'AvgPool2d(2)', Flatten(2), 'MaxPool1d(2)']",
    "joined": "input: 2x9x8\nlayers: [a: Flatten(2), b: 'MaxPool1d(2)', c: 'Upsample(scale_factor=2)', 'Add(a, c)']",
    "open behind a product": "input: 2x9x8\nlayers: [Flatten(2), 'MaxPool1d(4, 3)', Flatten(), 'Linear(_, 5)']",
}


@pytest.mark.parametrize("spec", ANSWERED.values(), ids=ANSWERED)
def test_answers_where_sizes_are_hard(driver: Any, tmp_path: Path, spec: str) -> None:
    arch = sc.loads(spec)
    driver.get(f"file://{page(arch, tmp_path)}")
    assert differences(driver, arch, 150) == []


def test_what_a_forward_returns_is_what_is_most_like_its_input(driver: Any, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from torch import nn

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Conv2d(1, 8, 3, 2, 1)
            self.decoder = nn.ConvTranspose2d(8, 1, 3, 2, 1, 1)

        def forward(self, x: Any) -> Any:
            code = self.encoder(x)
            return code, self.decoder(code)

    arch = sc.from_module(Both(), input=(1, 10, 474))
    driver.get(f"file://{page(arch, tmp_path)}")
    assert differences(driver, arch, 40) == []


def test_random_networks_answer_as_the_engine_does(driver: Any, tmp_path: Path) -> None:
    compare_random(driver, tmp_path, range(25), 20)


@pytest.mark.long
def test_many_random_networks_answer_as_the_engine_does(driver: Any, tmp_path: Path) -> None:
    compare_random(driver, tmp_path, range(1000, 1300), 40)


def compare_random(driver: Any, folder: Path, seeds: range, sizes: int) -> None:
    """The pages of random networks against the engine; most of them have their field on."""
    answering = 0
    for seed in seeds:
        spec = random_spec(Random(seed))
        arch = sc.loads(spec)
        driver.get(f"file://{page(arch, folder)}")
        if driver.execute_script("return Boolean(window.shapecalc)"):
            answering += 1
            assert differences(driver, arch, sizes, seed, unsaid=True) == [], spec
    assert answering > 0.9 * len(seeds)


def test_what_a_comment_silences_is_not_red(driver: Any, tmp_path: Path) -> None:
    down, up = "Conv2d(1, 4, 3, stride=2, padding=1)", "ConvTranspose2d(4, 1, 3, stride=2, padding=1)"
    spec = f"input: 1x9x9\nencoder:\n  - {down}\ndecoder:\n  - {up}  # shapecalc: ignore[SHP201] cropped\n"
    arch = sc.loads(spec)
    assert sc.check(arch, "1x8x8").ok
    driver.get(f"file://{page(arch, tmp_path)}")
    assert driver.find_element("id", "verdict").text == "1x9x9 comes back unchanged"
    typed(driver, "H", "8")
    assert driver.find_element("id", "verdict").text == "1x8x9 runs; out comes 1x7x9"
    assert not driver.find_elements("css selector", "tr.wrong, tr.failed")
    assert driver.find_element("id", "said").text == ""


def test_only_whole_sizes_are_answered_and_typing_is_undone(driver: Any, tmp_path: Path) -> None:
    from selenium.webdriver import ActionChains

    driver.get(f"file://{page(sc.load(MEL), tmp_path)}")
    verdict = driver.find_element("id", "verdict")
    for wrong in ("0", "-3", "", "1e3", "4.5", "9" * 13, "abc", "\u0663"):
        typed(driver, "W", wrong)
        assert "size of 1 or more for H and W" in verdict.text, wrong
        assert driver.find_element("id", "size-W").get_attribute("aria-invalid") == "true"
    typed(driver, "W", "9" * 12)
    assert verdict.text.startswith("1x10x999999999999 ")
    field = driver.find_element("id", "size-H")
    field.clear()
    field.send_keys("11")
    ActionChains(driver).send_keys("×474").perform()
    assert verdict.text.startswith("1x11x474 ")
    field = driver.find_element("id", "size-W")
    field.send_keys("\ue009z")  # control and z
    assert verdict.text.startswith("1x11x47 ")
    assert driver.get_log("browser") == []


@pytest.mark.parametrize(
    ("text", "said"), [("1x10x473", "1x10x473"), ("12 × 300", "1x12x300"), ("7", "1x7x474")]
)
def test_a_whole_size_is_pasted_into_its_fields(driver: Any, tmp_path: Path, text: str, said: str) -> None:
    driver.get(f"file://{page(sc.load(MEL), tmp_path)}")
    script = """
        const clipboard = document.body.appendChild(document.createElement("textarea"));
        clipboard.value = arguments[0];
        clipboard.select();
    """
    driver.execute_script(script, text)
    control = "\ue009"
    driver.switch_to.active_element.send_keys(f"{control}c")
    driver.find_element("id", "size-H").send_keys(f"{control}av")
    assert driver.find_element("id", "verdict").text.startswith(said + " ")


@pytest.mark.parametrize("path", ["mel_cae", "vgg_wrong_features", "zoo/unet", "zoo/wavenet"])
def test_a_narrow_window_scrolls_one_way(driver: Any, tmp_path: Path, path: str) -> None:
    """WCAG 2.1, 1.4.10: at 320 pixels nothing but tables, drawings and code scrolls sideways."""
    narrow = {"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    driver.get(f"file://{page(sc.load(ROOT / f'examples/{path}.arch.yaml'), tmp_path)}")
    width = driver.execute_script("return document.documentElement.scrollWidth")
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert width <= 320


def test_a_keystroke_takes_less_than_a_frame(driver: Any, tmp_path: Path) -> None:
    driver.get(f"file://{page(hundred(), tmp_path)}")
    times = driver.execute_script(
        """
        const field = document.getElementById("size-W");
        return [...Array(40).keys()].map((step) => {
          field.value = 1900 + 3 * step;
          const start = performance.now();
          field.dispatchEvent(new Event("input"));
          document.body.getBoundingClientRect(); // what is drawn is laid out
          return performance.now() - start;
        });
        """
    )
    assert statistics.median(times) < 16


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(driver: Any, tmp_path: Path, scheme: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of 4.5 to 1."""
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    driver.get(f"file://{page(sc.load(ROOT / 'examples/mel_first_try.arch.yaml'), tmp_path)}")
    colours = driver.execute_script(
        """
        const ground = (element) => {
          for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (colour !== "rgba(0, 0, 0, 0)") return colour;
          }
        };
        return [...document.querySelectorAll("body *")]
          .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && e.offsetParent)
          .map((e) => [getComputedStyle(e).color, ground(e)]);
        """
    )
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(colours) > 50
    assert [pair for pair in colours if contrast(*pair) < 4.5] == []


def contrast(text: str, ground: str) -> float:
    """The ratio of the luminances of two colours like `rgb(27, 36, 48)`."""
    first, second = sorted((luminance(text), luminance(ground)))
    return (second + 0.05) / (first + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
