"""The report page: complete without a network and without a script, and right for every size with one."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import browser, is_there
from page_check import differences, page
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc.arch import Arch
from shapecalc.cli import app
from shapecalc.report import judge
from shapecalc.show.page.document import document
from shapecalc.show.page.live import Off, records

ROOT = Path(__file__).parent.parent
MEL = ROOT / "examples/mel_cae.arch.yaml"
needs_browser = pytest.mark.skipif(not is_there(), reason="no chromium, chromedriver and selenium")


def hundred() -> Arch:
    """A network of a hundred layers."""
    halves = ["Conv2d(8, 8, 3, stride=2, padding=1)", "ReLU()"] * 5
    keeps = ["Conv2d(8, 8, 3, padding=1)", "BatchNorm2d(8)", "ReLU()"] * 26
    layers = ["Conv2d(1, 8, 3, padding=1)", "ReLU()", *halves, *keeps, *halves]
    assert len(layers) == 100
    return sc.loads("input: 1x2048x2048\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers))


class Tags(HTMLParser):
    """The ids, the addresses, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.labels: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.labels += [found.get("for")] if tag == "label" else []
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.arch.yaml")), ids=lambda path: path.name)
def test_a_page_is_whole_small_and_loads_nothing(path: Path) -> None:
    text = document(judge(sc.load(path)), "<svg></svg>")
    tags = Tags(text)
    assert not tags.open
    assert tags.addresses == ["data:,"]
    assert len(tags.ids) == len(set(tags.ids))
    assert set(tags.labels) <= set(tags.ids)
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert len(text.encode()) < 300_000


def test_without_a_script_the_page_says_what_the_command_says() -> None:
    report = sc.check(ROOT / "examples/mel_first_try.arch.yaml")
    text = document(report)
    static = text[: text.index('<script type="application/json"')]
    assert '<tr class="failed"><th scope="row">encoder.2</th>' in static
    (problem,) = report.problems
    assert problem.note
    assert problem.message in static
    assert problem.note in static
    assert "shapecalc rule SHP105" in static


def test_what_a_spec_says_stays_text() -> None:
    arch = sc.loads("name: </script><b>x\ninput: 1x8x8\nlayers:\n  - Conv2d(1, 2, 9) # <i></script>\n")
    text = document(judge(arch))
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert text.count("</script>") == 2


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("input: 1x8x8\nlayers: ['Upsample(scale_factor=0.29)', 'Conv2d(1, 1, 1)']", "no exact formula"),
        ("input: 1x8x8\nlayers: [Flatten(), 'Linear(_, 10)']", "another layer at every size"),
        ("input: scalar", ""),
    ],
    ids=["no formula", "open argument", "no axis"],
)
def test_where_sizes_are_no_formulas_the_field_is_off(spec: str, why: str) -> None:
    if spec.endswith("scalar"):
        arch, input = sc.loads("layers: [ReLU()]"), "N"
    else:
        arch, input = sc.loads(spec), None
    report = sc.check(arch, input)
    assert report.trace is not None
    with pytest.raises(Off, match=why or "no axis"):
        records(report.trace)
    text = document(report)
    assert "The field is off" in text
    assert "<script" not in text


def test_the_command_writes_the_page_once(tmp_path: Path) -> None:
    run, target = CliRunner().invoke, tmp_path / "report.html"
    assert run(app, ["report", str(MEL), "-o", str(target)]).exit_code == 0
    assert "<svg" in target.read_text(encoding="utf-8")
    assert run(app, ["report", str(MEL), "-o", str(target)]).exit_code == 2
    assert run(app, ["report", str(MEL), "-o", str(target), "--force", "-i", "1x10x473"]).exit_code == 1
    assert run(app, ["report", str(tmp_path / "none.arch.yaml")]).exit_code == 2
    assert run(app, ["report", str(MEL)]).output.startswith("<!DOCTYPE html>")


def test_a_spec_that_cannot_be_read_has_a_page_of_its_problem(tmp_path: Path) -> None:
    spec = tmp_path / "broken.arch.yaml"
    spec.write_text("layers: [Conv2d(1, 2]\n", encoding="utf-8")
    text = document(sc.check(spec))
    assert not Tags(text).open
    assert "error[SHP001]" in text


def test_making_a_page_leaves_no_slots_behind() -> None:
    before = str(sc.check(MEL, "1x10x473"))
    document(sc.check(MEL))
    assert str(sc.check(MEL, "1x10x473")) == before


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    opened = browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.quit()


def typed(driver: Any, letter: str, size: str) -> None:
    field = driver.find_element("id", f"size-{letter}")
    field.clear()
    field.send_keys(size)


@needs_browser
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


@needs_browser
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


@needs_browser
def test_the_keyboard_alone_will_do(driver: Any, tmp_path: Path) -> None:
    driver.get(f"file://{page(sc.load(MEL), tmp_path)}")
    reached = []
    for _ in range(4):
        driver.switch_to.active_element.send_keys("\ue004")  # tab
        reached.append(driver.switch_to.active_element.get_attribute("id"))
    assert reached[:3] == ["size-H", "size-W", "reset"]
    driver.find_element("id", "size-W").send_keys("\ue013")  # arrow up
    assert driver.find_element("id", "verdict").text.startswith("1x10x475")


@needs_browser
@pytest.mark.parametrize("path", ["mel_cae", "unet", "vgg_classifier", "zoo/unet", "zoo/resnet18"])
def test_every_answer_of_a_page_is_the_engines(driver: Any, tmp_path: Path, path: str) -> None:
    arch = sc.load(ROOT / f"examples/{path}.arch.yaml")
    driver.get(f"file://{page(arch, tmp_path)}")
    assert differences(driver, arch, 500) == []


@needs_browser
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


@needs_browser
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


@needs_browser
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
