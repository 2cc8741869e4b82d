"""A picture as PNG, by resvg: the optional extra `png`."""

from __future__ import annotations

from unicodedata import category

from .canvas import Picture
from .svg import svg

#: Pixels of the PNG for one of the picture, so that small text stays sharp.
ZOOM = 2
#: A sign of the private use area, which fonts do not have.
NO_SIGN = "\ue123"


class NoRenderer(Exception):
    """What draws a PNG is not installed, or finds no font."""


def png(picture: Picture, theme: str = "light", zoom: float = ZOOM) -> bytes:
    """The picture as PNG, `light` or `dark`. Raises `NoRenderer` with a message that says what to install."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise NoRenderer(
            "a PNG is drawn by `resvg-py`, which is not installed; `pip install 'torch-shapecalc[png]'`, "
            "or write an .svg"
        ) from None
    if _drawn("shape") == _drawn(""):
        raise NoRenderer(
            "no font is installed, so that a PNG would have no texts; install one "
            "(`apt install fonts-dejavu-core`), or write an .svg"
        )
    return bytes(svg_to_bytes(svg_string=svg(picture, theme), zoom=zoom))


def without_glyph(picture: Picture) -> str:
    """The signs of its texts that no font here has: a PNG shows boxes for them."""
    signs = sorted({sign for label in picture.labels for sign in label.text if not sign.isascii()})
    missing = _drawn(NO_SIGN)
    return "".join(sign for sign in signs if category(sign)[0] != "M" and _drawn(sign) == missing)


def _drawn(text: str) -> bytes:
    from resvg_py import svg_to_bytes

    return bytes(svg_to_bytes(svg_string=_probe(text)))


def _probe(text: str) -> str:
    """A text in the font of the drawings."""
    from .svg import FAMILY

    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">'
        f'<text y="15" font-size="11" font-family="{FAMILY}">{text}</text></svg>'
    )
