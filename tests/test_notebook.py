"""What a notebook shows: the drawing with its problems, and a text where there is none."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import shapecalc as sc

EXAMPLES = Path(__file__).parent.parent / "examples"
MEL = EXAMPLES / "mel_cae.arch.yaml"


def shown() -> dict[str, Any]:
    """A value of each kind that a notebook may end a cell with."""
    arch = sc.load(MEL)
    return {
        "arch": arch,
        "letters": sc.loads("input: 1xHxW\nlayers: ['Conv2d(1, 2, 3)']"),
        "trace": sc.trace(arch, "1x10x473"),
        "failing trace": sc.trace(sc.load(EXAMPLES / "mel_first_try.arch.yaml")),
        "report": sc.check(MEL, "1x10x473"),
        "proposal": sc.mirror(sc.load(EXAMPLES / "mel_encoder.arch.yaml"))[0],
    }


@pytest.mark.parametrize(("name", "value"), shown().items(), ids=shown())
def test_every_value_is_drawn_in_three_forms(name: str, value: Any) -> None:
    forms = value._repr_mimebundle_(include=None, exclude={"text/latex"})
    assert set(forms) == {"text/plain", "image/svg+xml", "text/html"}
    assert forms["image/svg+xml"] == value._repr_svg_()
    assert forms["text/html"] == value._repr_html_()
    assert ET.fromstring(forms["image/svg+xml"]).tag == "{http://www.w3.org/2000/svg}svg"
    assert "<script" not in forms["text/html"]


def test_what_is_wrong_stands_under_the_drawing() -> None:
    values = shown()
    assert "SHP201" not in values["arch"]._repr_html_()
    for name in ("trace", "report"):
        text = values[name]._repr_html_()
        assert text.index("</svg>") < text.rindex("decoder returns 1x10x474, but the input is 1x10x473")
    assert "SHP105" in values["failing trace"]._repr_html_()


def test_what_cannot_be_drawn_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no input is known, where a file could not be read, and where drawing itself fails."""
    no_input: Any = sc.loads("layers: ['Conv2d(1, 2, 3)']")
    assert no_input._repr_mimebundle_() == {"text/plain": "<Arch Network: 1 layers>"}
    assert no_input._repr_html_() == "<pre>&lt;Arch Network: 1 layers&gt;</pre>"
    unread: Any = sc.check(EXAMPLES / "pictures.py")
    text = str(unread)
    assert unread.trace is None
    assert unread._repr_mimebundle_() == {"text/plain": text}
    assert unread._repr_svg_() is None
    values = shown()
    monkeypatch.setattr("shapecalc.draw.network.network", lambda *_: 1 // 0)
    for value in values.values():
        assert set(value._repr_mimebundle_()) == {"text/plain"}
        assert value._repr_svg_() is None
        assert value._repr_html_().startswith("<pre>")
