"""A file's bytes to its text."""

from __future__ import annotations

from ..problem import ENCODING, LIMIT, Place, SpecError
from .nodes import Source

MAX_BYTES = 16 * 2**20

UTF8_MARK = b"\xef\xbb\xbf"
_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decode(data: bytes) -> str:
    r"""The text of a file: UTF-8, or whatever its byte order mark announces.

    >>> decode("größe: 1".encode("utf-16")), decode(b"\xef\xbb\xbfa: 1")
    ('größe: 1', 'a: 1')
    """
    if len(data) > MAX_BYTES:
        raise too_large()
    codec = next((codec for mark, codec in _BOMS if data.startswith(mark)), "utf-8-sig")
    if codec == "utf-8-sig" and (zero := data.find(b"\0")) >= 0:
        before = Source(data[:zero].decode("utf-8-sig", "replace"))
        raise SpecError(ENCODING, f"this is binary data, not text: byte {zero} is zero", _end_of(before))
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        # The 8-bit mark is not counted in the error's offsets.
        at = error.start + (3 if codec == "utf-8-sig" and data.startswith(b"\xef\xbb\xbf") else 0)
        place = _end_of(Source(data[:at].decode(codec, "replace")))
        message = f"the file is not {codec[:-4].upper() if codec[-4:] == '-sig' else codec.upper()}"
        message += f": byte {at} on line {place.line} is 0x{data[at]:02x}"
        raise SpecError(ENCODING, message, place, help="save the file as UTF-8") from None


def encode_like(original: bytes, text: str) -> bytes:
    r"""The text in the encoding of the file that it was read from, with its byte order mark.

    >>> encode_like(b"\xef\xbb\xbfa: 1", "a: 2")
    b'\xef\xbb\xbfa: 2'
    """
    for mark, codec in _BOMS:
        if original.startswith(mark):
            return mark + text.encode(f"{codec}-{'le' if mark[:2] == _BOMS[0][0][:2] else 'be'}")
    return (UTF8_MARK if original.startswith(UTF8_MARK) else b"") + text.encode()


def _end_of(source: Source) -> Place:
    return source.place(len(source.text), len(source.text))


def too_large() -> SpecError:
    """The refusal of a file over `MAX_BYTES`."""
    return SpecError(LIMIT, f"the file is larger than {MAX_BYTES // 2**20} MiB", Place(1, 1, 1, 1))
