"""The floors: imports point down only, third parties stay where they belong, files stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "shapecalc"
FILES = sorted(PACKAGE.rglob("*.py"))

#: third-party package: files (or folders) that may import it
HOMES = {
    "yaml": ["read/tree.py"],
    "rich": ["show/", "cli.py"],
    "typer": ["cli.py", "commands/options.py"],
    "hypothesis": ["strategies.py"],
    "pytest": ["pytest_plugin.py"],
    "torch": ["read/capture/"],
    "resvg_py": ["draw/png.py"],
    "pydantic": ["show/json.py", "config/table.py"],
}


def floors() -> dict[str, int]:
    """The table of docs/architecture.md: module or folder to floor."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (.*?) \|", text, re.MULTILINE)
    return {name.rstrip("/"): int(floor) for floor, names in rows for name in re.findall(r"`([^`]+)`", names)}


def floor_of(parts: tuple[str, ...]) -> int:
    """The floor of a module inside the package; the package itself is on top."""
    table = floors()
    return table[parts[0]] if parts else max(table.values())


def imports(path: Path, for_types: bool = True) -> list[tuple[str, tuple[str, ...]]]:
    """Every import in a file, inside functions too: ("shapecalc", parts) or (third party, ()).

    Without `for_types`, those under `if TYPE_CHECKING:`, which never run, are left out.
    """
    own = path.relative_to(PACKAGE).with_suffix("").parts
    package = own[:-1]
    found: list[tuple[str, tuple[str, ...]]] = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = (
        []
        if for_types
        else [node for node in ast.walk(tree) if isinstance(node, ast.If) and _is_typing(node)]
    )
    skipped = {inner for node in typing for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name.partition(".")[0], ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(((node.module or "").partition(".")[0], ()))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] + tuple(
                (node.module or "").split(".") if node.module else ()
            )
            for alias in node.names:
                inner = (*base, alias.name)
                is_module = (
                    PACKAGE.joinpath(*inner).with_suffix(".py").exists() or PACKAGE.joinpath(*inner).is_dir()
                )
                found.append(("shapecalc", inner if is_module else base))
    return found


def _is_typing(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    own = floor_of(() if parts == ("__init__",) else parts)
    for name, target in imports(path):
        if name == "shapecalc":
            assert floor_of(target) <= own, (
                f"floor {own} imports {'.'.join(target)} on floor {floor_of(target)}"
            )


def test_every_module_has_a_floor_and_every_floor_its_modules() -> None:
    modules = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in FILES} - {"__init__"}
    assert modules == set(floors())


def test_modules_of_one_floor_do_not_import_in_circles() -> None:
    def key(parts: tuple[str, ...]) -> str:
        return ".".join(part for part in parts if part != "__init__")

    edges = {
        key(path.relative_to(PACKAGE).with_suffix("").parts): {
            key(target) for name, target in imports(path, for_types=False) if name == "shapecalc" and target
        }
        for path in FILES
        if path != PACKAGE / "__init__.py"
    }
    edges.pop("layers", None)  # it imports its families by looking
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, f"circle: {' -> '.join((*above, module))}"
        if module not in done:
            for target in edges.get(module, ()):
                if target != module:
                    visit(target, (*above, module))
            done.add(module)

    for module in edges:
        visit(module, ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_parties_stay_at_home(path: Path) -> None:
    relative = str(path.relative_to(PACKAGE))
    for name, _ in imports(path, for_types=False):
        if name == "shapecalc" or name in sys.stdlib_module_names:
            continue
        assert any(relative.startswith(home) for home in HOMES.get(name, [])), f"{relative} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_importing_the_package_loads_no_third_party() -> None:
    code = "import sys, shapecalc; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(ast.literal_eval(done.stdout))
    assert not loaded & {"yaml", "rich", "typer", "pydantic", "torch", "numpy", "dataclasses"}
