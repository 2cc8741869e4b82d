"""Makes the drawings that the documentation shows: `python docs/drawings.py` writes docs/pictures/.

SVGs are the same everywhere; PNGs depend on the fonts of the machine, so that only the SVGs are compared by a check.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import shapecalc as sc
from shapecalc.commands.draw import picture
from shapecalc.draw.canvas import Picture
from shapecalc.draw.png import png
from shapecalc.draw.svg import svg
from shapecalc.show.explanation import find

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs/pictures"


#: What docs/draw.md shows of layers that move pixels.
SUBPIXEL = """
input: 3x7x10
layers:
- pad: ReflectionPad2d((2, 1, 2, 1))
- mix: Conv2d(3, 12, 4)
- up: PixelShuffle(2)
"""


class Drawing(NamedTuple):
    """One file: an example (or the text of a spec) at an input, or one of its layers, at a width and in a theme."""

    file: str
    spec: str
    input: str | None = None
    layer: str | None = None
    width: int = 960
    theme: str = "light"

    def picture(self) -> Picture:
        """What is drawn."""
        file = ROOT / "examples" / f"{self.spec}.arch.yaml"
        report = sc.check(sc.loads(self.spec) if "\n" in self.spec else file, self.input)
        assert report.trace is not None
        number = None if self.layer is None else find(report.trace.arch.nodes, self.layer)
        return picture(report.trace, report.problems, number, self.width)

    def content(self) -> bytes:
        """The file's bytes."""
        if self.file.endswith(".svg"):
            return svg(self.picture()).encode()
        return png(self.picture(), self.theme, 1.25)


DRAWINGS = (
    Drawing("mel_cae.svg", "mel_cae"),
    Drawing("mel_cae.png", "mel_cae"),
    Drawing("mel_cae_narrow.png", "mel_cae", width=480),
    Drawing("mel_cae_dark.png", "mel_cae", theme="dark"),
    Drawing("mel_cae_473.svg", "mel_cae", "1x10x473"),
    Drawing("mel_cae_473.png", "mel_cae", "1x10x473"),
    Drawing("mel_first_try.svg", "mel_first_try", "1x10x474"),
    Drawing("mel_first_try.png", "mel_first_try", "1x10x474"),
    Drawing("unet.svg", "unet"),
    Drawing("unet.png", "unet"),
    Drawing("unet_narrow.png", "unet", width=480),
    Drawing("unet_dark.png", "unet", theme="dark"),
    Drawing("layer_conv.svg", "mel_cae", layer="encoder.2"),
    Drawing("layer_conv.png", "mel_cae", layer="encoder.2"),
    Drawing("layer_transposed.svg", "mel_cae", layer="decoder.4"),
    Drawing("layer_transposed.png", "mel_cae", layer="decoder.4"),
    Drawing("layer_transposed_narrow.png", "mel_cae", layer="decoder.4", width=480),
    Drawing("layer_too_small.png", "mel_first_try", "1x10x474", layer="encoder.2", theme="dark"),
    Drawing("layer_pad.svg", SUBPIXEL, layer="pad"),
    Drawing("layer_pad.png", SUBPIXEL, layer="pad", theme="dark"),
    Drawing("layer_shuffle.svg", SUBPIXEL, layer="up"),
    Drawing("layer_shuffle.png", SUBPIXEL, layer="up", theme="dark"),
    Drawing("resnet18.png", "zoo/resnet18"),
    Drawing("densenet121_dark.png", "zoo/densenet121", theme="dark"),
    Drawing("unet_original.png", "zoo/unet", width=1100),
)


def write_drawings() -> list[Path]:
    """Write every drawing that is not what it should be; returns those that were written."""
    FOLDER.mkdir(exist_ok=True)
    written = []
    for drawing in DRAWINGS:
        file, content = FOLDER / drawing.file, drawing.content()
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
            written.append(file)
    return written


def stale_drawings() -> list[Path]:
    """The SVGs that are not what they should be, and the PNGs that are missing."""
    return [
        FOLDER / drawing.file
        for drawing in DRAWINGS
        if not (FOLDER / drawing.file).exists()
        or (drawing.file.endswith(".svg") and (FOLDER / drawing.file).read_bytes() != drawing.content())
    ]


if __name__ == "__main__":
    for file in write_drawings():
        print(file.relative_to(ROOT))
