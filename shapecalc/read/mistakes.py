"""PyYAML's errors in plain words; its C parser and its Python parser phrase them differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..problem import SpecError
from .nodes import Scalar, Source
from .quote import code, short

if TYPE_CHECKING:
    import yaml


def explained(
    source: Source, error: yaml.MarkedYAMLError, last: Scalar | None, opened: int | None
) -> SpecError:
    """The error in plain words; `last` is the scalar before it, `opened` the bracket that it stands in."""
    text, size = source.text, len(source.text)
    at = min(error.problem_mark.index, size) if error.problem_mark else size
    begun = min(error.context_mark.index, size) if error.context_mark else at
    problem, context = error.problem or "", error.context or ""
    char = text[at : at + 1]
    if opened is not None and not text[at:].strip() and "quoted scalar" not in context:
        bracket = text[opened]
        help = f"add `{']' if bracket == '[' else '}'}`"
        return source.error(f"`{bracket}` is never closed", opened, opened + 1, help)
    stop = at + (char not in ("", "\r", "\n"))
    if "tab character" in problem or ("cannot start any token" in problem and char == "\t"):
        return source.error("a tab cannot indent a line", at, stop, "use blanks")
    if "cannot start any token" in problem:
        return source.error(f"a text cannot begin with {code(char)}", at, stop, "put the text in quotes")
    if "quoted scalar" in context or "double-quoted" in context:
        return _explain_quoted(source, problem, begun, at)
    if "could not find expected ':'" in problem:
        return _explain_colon(source, begun)
    if last and not last.quoted and last.text.count("(") > last.text.count(")"):
        if char == ":":
            help = "write an argument as `name=value`"
            return source.error("`:` is not allowed in a layer's text", at, stop, help)
        message = f"the layer's text `{short(last.text)}` is cut off here"
        help = "indent its further lines more than its first, and keep comments out of it"
        return source.error(message, last.end, last.end + 1 if last.end < size else size, help)
    if "mapping values are not allowed" in problem:
        line = text[max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1 : at]
        if ": " in line:
            help = "put the value in quotes, or the inner key on a line of its own"
            return source.error("a second `:` on one line", at, stop, help)
        help = "indent it like the keys that it belongs to"
        return source.error("this key is indented wrongly, or may not stand here", at, stop, help)
    if "',' or" in problem:
        closer = "]" if "']'" in problem else "}"
        opener = "[" if closer == "]" else "{"
        where = f"`{opener}` opened on line {source.place(begun, begun).line}"
        return source.error(f"expected `,` or `{closer}` to go on with the {where}", at, stop)
    return _explain_block(source, problem, context, begun, at)


def _explain_quoted(source: Source, problem: str, begun: int, at: int) -> SpecError:
    text = source.text
    if "end of stream" in problem or "document" in problem:
        return source.error("this quote is never closed", begun, begun + 1, f"add {code(text[begun])}")
    start = max(text.rfind("\\", begun, at + 1), begun)
    word = text[start : start + 6]
    if word[:2] == "\\u" and word[2:4].lower() in ("d8", "d9", "da", "db", "dc", "dd", "de", "df"):
        help = "write the character itself (in Python: `json.dump(..., ensure_ascii=False)`)"
        return source.error(f"{code(word)} is half a character", start, start + 6, help)
    help = "write `\\\\` for a backslash, or use single quotes"
    return source.error(f"unknown escape {code(word[:2])}", start, start + len(word[:2]), help)


def _explain_colon(source: Source, begun: int) -> SpecError:
    line = source.text[begun:].splitlines()[0].rstrip()
    if match := re.match(r"([^:]+):\S", line):
        help = f"put a blank after it: `{short(match[1])}: ...`"
        return source.error("no blank after `:`", begun, begun + len(line), help)
    help = "write `name: value`, or indent the line"
    return source.error(f"expected `:` after {code(line)}", begun, begun + len(line), help)


def _explain_block(source: Source, problem: str, context: str, begun: int, at: int) -> SpecError:
    """Lines that don't fit the block around them, and what else the parser can say."""
    text = source.text
    stop = at + (text[at : at + 1] not in ("", "\r", "\n"))
    found = text[at : at + 1]
    line = text[max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1 : at]
    if "parsing a block" in context and "node" not in context and "tag" not in problem:
        what = "list" if "collection" in context else "mapping"
        where = f"the {what} that begins on line {source.place(begun, begun).line}"
        if line.strip():
            return source.error(f"unexpected {code(found)} after a complete value", at, stop)
        help = (
            "begin it with `- `, or line it up with the item above"
            if what == "list"
            else "line it up with the other keys"
        )
        return source.error(f"this line does not fit into {where}", at, stop, help)
    if "sequence entries" in problem:
        return source.error("a list cannot begin here", at, stop, "begin it on a line of its own")
    if "node content" in problem or "document start" in problem:
        return source.error(f"unexpected {code(found)}" if found else "unexpected end", at, stop)
    if "alphabetic" in problem or "tag" in context or "tag" in problem:
        what = {"*": "an alias", "&": "an anchor"}.get(text[begun : begun + 1], "a tag")
        help = "put the text in quotes"
        return source.error(f"broken name of {what}", begun, min(begun + 1, len(text)), help)
    if "directive" in context or "%YAML" in problem or "YAML document" in problem:
        return source.error("this `%` directive is not supported", begun, begun + 1, "leave the line out")
    if "block scalar" in context:
        return source.error("broken block text (`|` or `>`)", at, stop, "use quotes instead")
    return source.error(f"broken YAML: {problem}", at, stop)
