"""Which rules are on: the command line, the nearest configuration, and what both say together."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from terminal import ROOT, environment
from typer.testing import CliRunner, Result

import shapecalc as sc
from shapecalc.cli import app
from shapecalc.config.config import Config
from shapecalc.config.file import finder
from shapecalc.lint.rule import RULES, Rule
from shapecalc.lint.selectors import named, refused, selection, split

#: A bias before a norm (SHP316, a note) and a comment that silences nothing (SHP905, a warning).
SPEC = """input: 3x8x8
layers:
  - Conv2d(3, 4, 3)
  - BatchNorm2d(4)
  - ReLU # shapecalc: ignore
"""
BOTH = ["SHP316", "SHP905"]
OPTIONED = next(rule for rule in RULES.values() if rule.is_found_by_lint and rule.options)


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["check", *arguments], input=input)


def codes(result: Result) -> list[str]:
    """The codes of the two findings that the spec has, in all that was reported."""
    documents = json.loads(result.stdout)
    documents = documents if isinstance(documents, list) else [documents]
    found = [problem["code"] for document in documents for problem in document["problems"]]
    return [code for code in found if code in BOTH]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a folder `nets` that has one spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/a.arch.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


#: The command line's options, and which of the two are found.
SELECTIONS = [
    ("", "SHP316 SHP905"),
    ("--select SHP316", "SHP316 SHP905"),
    ("--select bias-before-norm --ignore SHP9", "SHP316"),
    ("--select SHP4", "SHP905"),
    ("--select shp3", "SHP316 SHP905"),
    ("--select ALL", "SHP316 SHP905"),
    ("--ignore SHP3", "SHP905"),
    ("--ignore SHP316,malformed-suppression", ""),
    ("--ignore SHP316 --ignore SHP905", ""),
    ("--ignore ALL", ""),
    ("--ignore SHP3 --extend-select SHP316", "SHP316 SHP905"),
    ("--ignore SHP316 --extend-select SHP3", "SHP905"),
    ("--select SHP316 --ignore bias-before-norm", "SHP905"),
    ("--select SHP316 --ignore SHP316", "SHP905"),
    ("--select ALL --ignore ALL", ""),
]


@pytest.mark.parametrize(("options", "found"), SELECTIONS)
def test_selecting(options: str, found: str, folder: Path) -> None:
    result = run("nets/a.arch.yaml", "--format", "json", *options.split())
    assert codes(result) == found.split(), result.output


#: A configuration, the command line's options, and which of the two are found.
CONFIGURED = [
    ('select = ["SHP316"]', "", "SHP316 SHP905"),
    ('select = ["SHP4"]', "", "SHP905"),
    ("select = []", "", "SHP905"),
    ('select = ["SHP4"]', "--select SHP316", "SHP316 SHP905"),
    ('select = ["SHP4"]\nextend-select = ["bias-before-norm"]', "", "SHP316 SHP905"),
    ('select = ["SHP4"]', "--extend-select SHP316", "SHP316 SHP905"),
    ('ignore = ["SHP316", "SHP905"]', "", ""),
    ('ignore = ["SHP316"]', "--select SHP316", "SHP316 SHP905"),
    ('ignore = ["SHP316"]', "--extend-select SHP316", "SHP316 SHP905"),
    ('ignore = ["SHP316"]', "--extend-select SHP3", "SHP316 SHP905"),
    ('ignore = ["SHP316"]', "--ignore SHP905", ""),
    ('select = ["SHP316"]', "--ignore SHP3", "SHP905"),
    ('extend-select = ["SHP316"]', "--ignore SHP3", "SHP905"),
    ('ignore = ["SHP316"]', "--isolated", "SHP316 SHP905"),
    ('[per-file-ignores]\n"nets/*" = ["SHP3"]', "", "SHP905"),
    ('[per-file-ignores]\n"nets/*" = ["SHP3"]', "--select SHP316", "SHP905"),
    ('[per-file-ignores]\n"nets/" = ["bias-before-norm", "SHP9"]', "", ""),
    ('[per-file-ignores]\n"*.arch.yaml" = ["SHP3"]', "", "SHP905"),
    ('[per-file-ignores]\n"**/a.arch.yaml" = ["SHP3"]', "", "SHP905"),
    ('[per-file-ignores]\n"nets/**" = ["SHP3"]', "", "SHP905"),
    ('[per-file-ignores]\n"*/b*" = ["SHP3"]', "", "SHP316 SHP905"),
    ('[per-file-ignores]\n"a.arch.yaml" = ["SHP3"]\n"nets" = ["SHP9"]', "", ""),
    ('[per-file-ignores]\n"/a.arch.yaml" = ["SHP3"]', "", "SHP316 SHP905"),
    ("", "", "SHP316 SHP905"),
]


@pytest.mark.parametrize(("text", "options", "found"), CONFIGURED)
@pytest.mark.parametrize("name", ["shapecalc.toml", "pyproject.toml"])
def test_configuration(name: str, text: str, options: str, found: str, folder: Path) -> None:
    if name == "pyproject.toml":
        text = "[project]\nname = 'x'\n[tool.shapecalc]\n" + text.replace("[per", "[tool.shapecalc.per")
    (folder / name).write_text(text, encoding="utf-8")
    result = run("nets/a.arch.yaml", "--format", "json", *options.split())
    assert codes(result) == found.split(), result.output
    absolute = run(str(folder / "nets"), "--format", "json", *options.split())
    assert codes(absolute) == found.split()


def test_the_nearest_file_holds(folder: Path) -> None:
    """Each spec has its own; `shapecalc.toml` comes before `pyproject.toml`, and one without a table is no file."""
    (folder / "shapecalc.toml").write_text('ignore = ["SHP316"]', encoding="utf-8")
    (folder / "pyproject.toml").write_text('[tool.shapecalc]\nignore = ["SHP905"]', encoding="utf-8")
    (folder / "nets/pyproject.toml").write_text("[project]\nname = 'shapecalc'\n[tool]", encoding="utf-8")
    assert codes(run("nets", "--format", "json")) == ["SHP905"]
    (folder / "nets/pyproject.toml").write_text("[tool.shapecalc]", encoding="utf-8")
    assert codes(run("nets", "--format", "json")) == BOTH
    (folder / "b.arch.yaml").write_text(SPEC, encoding="utf-8")
    assert codes(run("nets", "b.arch.yaml", "--format", "json")) == [*BOTH, "SHP905"]
    assert codes(run("-", "--format", "json", input=SPEC)) == ["SHP905"]
    assert codes(run("nets", "--config", "pyproject.toml", "--format", "json")) == ["SHP316"]


def test_options_of_rules(folder: Path) -> None:
    name, value = next(iter(OPTIONED.options.items()))
    table = f"[options.{OPTIONED.code.name}]\n{name.replace('_', '-')} = {json.dumps(value)}"
    (folder / "shapecalc.toml").write_text(table, encoding="utf-8")
    config = finder()("nets/a.arch.yaml")
    assert config.selection("a").options == {OPTIONED.code.name: {name: value}}
    assert run("nets").exit_code == 1


def test_format_and_fixes_and_profile(folder: Path) -> None:
    (folder / "shapecalc.toml").write_text('format = "github"\nselect = ["SHP316"]', encoding="utf-8")
    assert run("nets").stdout.startswith("::notice ")
    assert run("nets", "--format", "concise").stdout.startswith("nets/a.arch.yaml:3:")
    off = next((rule for rule in RULES.values() if rule.profiles), None)
    if off is not None and off.profiles is not None:
        assert Config(profile=off.profiles[0]).selection("a").profile == off.profiles[0]
        assert Config(profile="ae").selection("a", selection(profile="gan")).profile == "gan"


def test_excluded_folders(folder: Path) -> None:
    for name in ("nets/old/b.arch.yaml", "build/c.arch.yaml", "nets/d.arch.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(SPEC, encoding="utf-8")
    (folder / "shapecalc.toml").write_text('exclude = ["nets/old", "build", "d.*"]', encoding="utf-8")
    paths = [document["path"] for document in json.loads(run(".", "--format", "json").stdout)]
    assert paths == ["./nets/a.arch.yaml"]
    assert run("build/c.arch.yaml").exit_code == 1, "a file that is named is checked"


NAME = OPTIONED.code.name
OPTION = next(iter(OPTIONED.options)).replace("_", "-")

#: What is wrong with a configuration, and what is said of it.
WRONG = [
    ('selct = ["SHP3"]', ":1: unknown key `selct`; did you mean `select`?"),
    ("\n\nper_file_ignores = {}", ":3: unknown key `per_file_ignores`; did you mean `per-file-ignores`?"),
    ("zzz = 1", ":1: unknown key `zzz`; there are select, "),
    ('select = "SHP3"', ":1: `select` should be a valid list, not 'SHP3'"),
    ("select = [3]", ":1: `select` should be a valid string, not 3"),
    ('select = ["SHP3"]\nignore = ["SHP3O2"]', ":2: `ignore`: no rule is called `SHP3O2`"),
    ('select = ["SHP777"]', ":1: `select`: no rule's code begins with `SHP777`"),
    (
        'extend-select = ["bias-befor-norm"]',
        ":1: `extend-select`: no rule is called `bias-befor-norm`; did you mean",
    ),
    ('[per-file-ignores]\n"a" = ["x"]', ":1: `per-file-ignores`: no rule is called `x`"),
    (
        'profile = "vea"',
        ":1: `profile`: `vea` is none of ae, vae, unet, gan, classifier, other; did you mean `vae`?",
    ),
    (
        'format = "jsno"',
        ":1: `format`: `jsno` is none of full, concise, json, github, sarif, junit; did you mean `json`?",
    ),
    ("unsafe-fixes = 1", ":1: `unsafe-fixes` should be a valid boolean, not 1"),
    ("exclude = 'a'", ":1: `exclude` should be a valid list, not 'a'"),
    (
        "[options.bias-befor-norm]\nx = 1",
        ":1: `options`: no rule is called `bias-befor-norm`; did you mean `bias-before-norm`?",
    ),
    ("[options.bias-before-norm]\nx = 1", ":2: `bias-before-norm` has no option `x`; it has none"),
    (f"[options.{NAME}]\nzzzzzz = 1", f":2: `{NAME}` has no option `zzzzzz`; it has `"),
    (f"[options.{NAME}]\n{OPTION}x = 1", f"; did you mean `{OPTION.replace('-', '_')}`?"),
    (f"[options.{NAME}]\n{OPTION} = 'text'", f":2: `{NAME}`: `{OPTION}` is like "),
    (f"[options.{NAME}]\n{OPTION} = true", f":2: `{NAME}`: `{OPTION}` is like "),
    ("select = [", ": "),
    ("\udcff", ": "),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_wrong_configuration(text: str, said: str, folder: Path) -> None:
    (folder / "shapecalc.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    result = run("nets")
    assert result.stderr.startswith(f"shapecalc: {folder}/shapecalc.toml")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert (result.stdout, result.exit_code) == ("", 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--select", "SHP777"), "no rule's code begins with `SHP777`"),
        (("--ignore", "SHP3,uneven-overlapp"), "no rule is called `uneven-overlapp`"),
        (("--extend-select", "bias-befor-norm"), "did you mean `bias-before-norm`?"),
        (("--select", ""), "no rule is called ``"),
        (("--profile", "vea"), "no profile is called `vea`; there are ae, "),
        (("--config", "none.toml"), "none.toml: cannot be read: No such file"),
        (("--config", "x/pyproject.toml"), "there is no table [tool.shapecalc]"),
        (("--config", "x/pyproject.toml", "--isolated"), "do not go together"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    (folder / "x").mkdir()
    (folder / "x/pyproject.toml").write_text("[project]", encoding="utf-8")
    result = run("nets", *arguments)
    assert said in result.stderr
    assert (result.stdout, result.exit_code) == ("", 2)


def test_notes_alone_do_not_fail(folder: Path) -> None:
    assert RULES["SHP316"].level == "note"
    (folder / "b.arch.yaml").write_text(SPEC.replace("# shapecalc: ignore", ""), encoding="utf-8")
    result = run("b.arch.yaml", "--select", "SHP316")
    assert ("note[SHP316]" in result.stdout, result.exit_code) == (True, 0)
    assert run("nets", "--select", "SHP316").exit_code == 1
    assert run("nets", "--select", "SHP316", "--exit-zero").exit_code == 0


def test_fixes_keep_to_what_is_selected(folder: Path) -> None:
    text = "input: 3x8x8\nlayers:\n  - ReLU # shapecalc: ignore[SHP316]\n"
    (folder / "nets/a.arch.yaml").write_text(text, encoding="utf-8")
    assert run("nets", "--fix", "--ignore", "SHP904").exit_code == 0
    assert (folder / "nets/a.arch.yaml").read_text(encoding="utf-8") == text
    assert run("nets", "--fix").exit_code == 0
    assert (folder / "nets/a.arch.yaml").read_text(encoding="utf-8") == "input: 3x8x8\nlayers:\n  - ReLU\n"
    assert run("nets").stdout == ""


def test_from_python() -> None:
    arch = sc.loads(SPEC)

    def found(**asked: object) -> list[str]:
        report = sc.check(arch, **asked)  # type: ignore[arg-type]
        return [problem.code.id for problem in report.problems if problem.code.id in BOTH]

    assert found() == BOTH
    assert found(ignore=["SHP3"]) == ["SHP905"]
    assert found(select=["bias-before-norm"], ignore=["SHP9"]) == ["SHP316"]
    assert found(profile="gan") == BOTH
    with pytest.raises(ValueError, match="no rule is called `bias`"):
        sc.check(arch, select=["bias"])
    with pytest.raises(ValueError, match="no profile is called `x`"):
        sc.check(arch, profile="x")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code.id)
def test_every_rule_answers_to_its_code_and_its_name(rule: Rule) -> None:
    for selector in (*rule.code, rule.code.id.lower(), rule.code.id):
        assert named(selector) == (rule.code,)
        assert refused(selector) is None
    assert rule.code in named(rule.code.id[:4])


def test_the_documented_configuration_is_one(folder: Path) -> None:
    page = (ROOT / "docs/lint.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (folder / "shapecalc.toml").write_text(text.replace("# profile", "profile"), encoding="utf-8")
    config = finder()("nets/a.arch.yaml")
    asked = [key for key in Config._fields if key not in ("folder", "select", "unsafe_fixes")]
    assert all(getattr(config, key) for key in asked), config
    keys = {key.replace("_", "-") for key in Config._fields} - {"folder"}
    assert all(re.search(rf"\b{key}\b", text) for key in keys)


def test_the_hook_takes_specs() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"].split() == ["shapecalc", "check"]
    assert re.search(hook["files"], "nets/mel_cae.arch.yaml")
    assert not re.search(hook["files"], "nets/mel_cae.yaml")


def test_lists() -> None:
    assert split(["a,b", " c "]) == ["a", "b", "c"]


def test_without_a_configuration_none_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "a.arch.yaml").write_text("input: 1x4\nlayers: [ReLU]\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    code = (
        "import sys; from shapecalc.cli import app\n"
        "try: app(['check', 'a.arch.yaml'])\n"
        "except SystemExit as stop: assert not stop.code\n"
        "print(sorted({'tomllib', 'json.decoder', 'shapecalc.config.table', 'shapecalc.config.baseline',"
        " 'shapecalc.lint.suppress'} & set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import sys, typer, pydantic; before = set(sys.modules)\n" + code],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == [b"[]"], done.stderr
