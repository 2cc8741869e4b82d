"""The path that a module was to get when its constructor failed: read off the statements on the stack.

`self.stage = make()` gives `stage`, `OrderedDict(conv=nn.Conv2d(...))` gives `conv`, a place in a list its number.
"""

from __future__ import annotations

import ast
import linecache
from functools import cache
from types import CodeType, FrameType, TracebackType
from typing import Any

from .frames import is_users

Span = tuple[int, int, int, int]


def of(traceback: TracebackType | None) -> str:
    """The path, as far as the statements say it."""
    parts: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_users(code.co_filename) and code.co_name != "<module>":
            span = positions(code, traceback.tb_lasti)
            parts += _parts(traceback.tb_frame, span) if span else []
        traceback = traceback.tb_next
    return ".".join(parts)


def positions(code: CodeType, instruction: int) -> Span | None:
    """Line, last line, column and last column of an instruction; None where Python does not know."""
    if not hasattr(code, "co_positions"):
        return None
    found = list(code.co_positions())[instruction // 2]
    line, end_line, column, end_column = found
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, _characters(code, line, column), _characters(code, end_line, end_column)


def _characters(code: CodeType, line: int, column: int) -> int:
    """A column in characters, of one in UTF-8 bytes."""
    return len(linecache.getline(code.co_filename, line).encode()[:column].decode(errors="replace"))


@cache
def _tree(file: str) -> tuple[ast.Module, dict[ast.AST, ast.AST]] | None:
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None
    return tree, {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}


def _parts(frame: FrameType, span: Span) -> list[str]:
    """What one frame's statement says of the path: names and numbers, the outermost first."""
    parsed = _tree(frame.f_code.co_filename)
    if parsed is None:
        return []
    tree, parents = parsed
    line, end_line, column, end_column = span
    node = next(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and (node.lineno, node.end_lineno) == (line, end_line)
            and (node.col_offset, node.end_col_offset) == (column, end_column)
        ),
        None,
    )
    if node is None or _is_super(node):
        return []
    parts: list[str] = []
    child: ast.AST = node
    while (parent := parents.get(child)) is not None:
        if isinstance(parent, ast.List):
            parts = [str(parent.elts.index(child) + _length_before(parents.get(parent), frame)), *parts]  # type: ignore[arg-type]
        elif isinstance(parent, ast.ListComp) and frame.f_code.co_name == "<listcomp>":
            parts = [*_turn(frame), *parts]
        elif isinstance(parent, ast.GeneratorExp) and frame.f_code.co_name == "<genexpr>":
            return [*_turn(frame), *parts]  # the call that runs it is on the stack, too
        else:
            parts = _part(parent, child, frame) + parts
        if isinstance(parent, ast.stmt):
            break
        child = parent
    return parts


def _is_super(node: ast.Call) -> bool:
    """`super().__init__(...)`: the same module's constructor."""
    return isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"


def _part(parent: ast.AST, child: ast.AST, frame: FrameType) -> list[str]:
    if isinstance(parent, ast.keyword) and parent.arg:
        return [parent.arg] if parent.arg not in ("module", "block") else []
    if isinstance(parent, ast.Dict) and child in parent.values:
        return _text(frame, parent.keys[parent.values.index(child)])
    if isinstance(parent, ast.Call) and child in parent.args:
        return _argument(parent, parent.args.index(child), frame)
    if isinstance(parent, ast.Tuple) and len(parent.elts) == 2 and child is parent.elts[1]:
        return _text(frame, parent.elts[0])
    if isinstance(parent, ast.Assign):
        return _assigned(parent, frame)
    if isinstance(parent, ast.AugAssign) and isinstance(parent.target, ast.Name):
        return _shifted(parent.target.id, frame)
    return []


def _length_before(statement: ast.AST | None, frame: FrameType) -> int:
    """In `layers += [...]`: how many the list has already."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        return len(frame.f_locals.get(statement.target.id, ()))
    return 0


def _turn(frame: FrameType) -> list[str]:
    """The turn of a list's comprehension, where what it runs over tells it."""
    found: Any = frame.f_locals[".0"].__reduce__() if ".0" in frame.f_locals else ()
    return [str(found[2] - 1)] if len(found) == 3 and isinstance(found[2], int) else []


def _text(frame: FrameType, node: ast.AST | None) -> list[str]:
    """A name that is a text, or is put together from the numbers at hand: `f"conv{i}"`."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if not isinstance(node, ast.expr) or not all(map(_is_harmless, ast.walk(node))):
        return []
    try:
        code = compile(ast.Expression(node), "<name>", "eval")
        return [str(eval(code, frame.f_globals, frame.f_locals))]
    except Exception:
        return []


def _is_harmless(node: ast.AST) -> bool:
    """Whether evaluating it does nothing else: formatting and arithmetic on names."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    return not isinstance(node, (ast.Await, ast.Yield, ast.NamedExpr, ast.Lambda))


def _argument(call: ast.Call, number: int, frame: FrameType) -> list[str]:
    """A module given to a call: its number in a Sequential, its name in add_module, its place in a list."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "Sequential" or _is_super(call):
        return [] if isinstance(call.args[number], (ast.List, ast.Starred)) else [str(number)]
    if name in ("add_module", "register_module") and number == 1:
        return _text(frame, call.args[0])
    if name == "setattr" and number == 2:
        return _text(frame, call.args[1])
    if name == "append" and isinstance(call.func, ast.Attribute):
        owner = call.func.value
        if isinstance(owner, ast.Name):
            return [*_target_of(owner.id, frame), str(len(frame.f_locals.get(owner.id, ())))]
        if (
            isinstance(owner, ast.Attribute)
            and isinstance(owner.value, ast.Name)
            and owner.value.id == "self"
        ):
            return [owner.attr, str(len(getattr(frame.f_locals.get("self"), owner.attr, ())))]
    return []


def _assigned(statement: ast.Assign, frame: FrameType) -> list[str]:
    for target in statement.targets:
        if isinstance(target, ast.Attribute):
            return [target.attr]
        if isinstance(target, ast.Subscript):
            return _text(frame, target.slice)
    return []


def _shifted(name: str, frame: FrameType) -> list[str]:
    """`layers += [...]`: the list's number stands before; what it is added to is not known to `ast.List`."""
    return _target_of(name, frame)


def _target_of(name: str, frame: FrameType) -> list[str]:
    """The attribute that a local list of layers becomes, further down: `self.body = nn.Sequential(*layers)`."""
    parsed = _tree(frame.f_code.co_filename)
    if parsed is None:
        return []
    for node in ast.walk(parsed[0]):
        if (
            isinstance(node, ast.Assign)
            and node.lineno > frame.f_lineno
            and isinstance(node.targets[0], ast.Attribute)
            and any(_is_named(one, name) for one in ast.walk(node.value))
        ):
            return [node.targets[0].attr]
    return []


def _is_named(node: ast.AST, name: str) -> Any:
    return isinstance(node, ast.Name) and node.id == name
