"""The report page as a file: complete without a network and without a script."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import shapecalc as sc
from shapecalc.cli import app
from shapecalc.read.spec import loads
from shapecalc.report import judge
from shapecalc.show.page.document import document
from shapecalc.show.page.live import Off, records

ROOT = Path(__file__).parent.parent
MEL = ROOT / "examples/mel_cae.arch.yaml"


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
        ("input: 1x8\nlayers: ['Transpose(1, 2)', 'Conv1d(_, 4, 1)']", "another layer at every size"),
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


HOSTILE = """
name: '</script><b>"&é'
input: 1x8x8
layers:
  - Conv2d(1, 2, 3) # <i></script> &amp; "quoted"
  - Conv2d(2, 2, 9)
"""


def test_no_name_ends_the_script_or_the_text() -> None:
    arch = loads(HOSTILE, "<a href='https://x.example'>.arch.yaml")
    paths = ("a</script>", 'b&<i>"é')  # as a ModuleDict may have
    arch = arch.with_nodes(node._replace(path=path) for node, path in zip(arch.nodes, paths))
    text = document(judge(arch))
    assert not Tags(text).open
    assert not {"<b>", "<i>", "<a "} & set(re.findall(r"<\w+.", text))
    assert text.count("</script>") == 2
    records = re.search(r'id="records">(.*?)</script>', text)
    assert records
    assert json.loads(records[1])["messages"]["1.0"]["path"] == paths[1]


def test_the_total_has_the_parameters_of_no_layer() -> None:
    pytest.importorskip("torch")
    import torch

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.scale = torch.nn.Conv2d(1, 4, 3), torch.nn.Parameter(torch.ones(4, 1, 1))

        def forward(self, x: Any) -> Any:
            return self.conv(x) * self.scale

    text = document(judge(sc.from_module(Scaled(), input=(1, 8, 8))))
    assert '<th scope="row">in no layer</th><td></td><td></td><td></td><td>4</td>' in text
    assert '<td id="column-params">44</td>' in text
    assert 'id="total-params">44</td>' in text


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
