"""The spec reader: every spelling of a layer, blocks, repeats, vars, sections, contracts, places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import shapecalc as sc
from shapecalc.problem import SpecError
from shapecalc.read.spec import load, loads
from shapecalc.report import check_text


def layers(text: str, head: str = "") -> list[str]:
    """The layers of a list, as torch spells them."""
    return [repr(node.layer) for node in loads(f"{head}layers:\n{text}").nodes]


@pytest.mark.parametrize(
    "spelling",
    [
        "- Conv2d(1, 8, (3, 5), stride=2)",
        "- nn.Conv2d(1, 8, kernel_size=[3, 5], stride = 2,)",
        "- torch.nn.Conv2d(in_channels=1, out_channels=8, kernel_size=(3, 5), stride=2)",
        "- 'Conv2d(1, 8, (3, 5), stride=2)'",
        '- "Conv2d(1, 8, (3, 5), stride=2)"',
        '- "Conv2d(1, 8, (3, \\x35), stride=2)"',
        "- Conv2d(1, 8,\n    (3, 5),\n    stride=2)",
        "- >-\n    Conv2d(1, 8, (3, 5),\n    stride=2)",
        "- Conv2d(\n    1, 8, (3, 5), stride=2\n  )",
        "- {Conv2d: {in_channels: 1, out_channels: 8, kernel_size: [3, 5], stride: 2}}",
        "- Conv2d: {in_channels: 1, out_channels: 8, kernel_size: '(3, 5)', stride: 2}",
        "- Conv2d:\n    in_channels: 1\n    out_channels: 8\n    kernel_size: [3, 5]\n    stride: 2",
        "- Conv2d:\n    in_channels: 1\n    out_channels: 8\n    kernel_size: (3, 5)\n    stride: 0x2",
        "- Conv2d:\n  - 1\n  - 8\n  -\n    - 3\n    - 5\n  - 2",
        "- Conv2d: [1, 8, [3, 5], 2]",
        "- Conv2d: [1, 2*4, '(3, 5)', 2]",
        '- {"Conv2d": [1, "4 + 4", [3, 5], 2]}',
        "- [Conv2d: [1, 8, [3, 5], 2]]",
        "- Sequential: [Conv2d: [1, 8, [3, 5], 2]]",
        "- down: Conv2d(1, 8, (3, 5), stride=2)",
        "- down: {Conv2d: [1, 8, [3, 5], 2]}",
        "- down:\n    Conv2d: [1, 8, [3, 5], 2]",
        "- &a Conv2d(1, 8, (3, 5), stride=2)",
        "-   Conv2d ( 1 , 8 , ( 3 , 5 ) , stride = 2 )   # a comment",
    ],
)
def test_spellings_of_a_layer(spelling: str) -> None:
    assert layers(spelling) == ["Conv2d(1, 8, (3, 5), stride=2)"]


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("- ReLU", "ReLU()"),
        ("- ReLU()", "ReLU()"),
        ("- ReLU:", "ReLU()"),
        ("- ReLU: null", "ReLU()"),
        ("- ReLU: []", "ReLU()"),
        ("- ReLU: {}", "ReLU()"),
        ("- ReLU: true", "ReLU(inplace=True)"),
        ("- Dropout: 0.25", "Dropout(p=0.25)"),
        ("- Dropout: 2.5e-1", "Dropout(p=0.25)"),
        ("- Upsample: {scale_factor: 2, mode: bilinear}", "Upsample(scale_factor=2, mode='bilinear')"),
        (
            "- Upsample: {scale_factor: 2, mode: nearest-exact}",
            "Upsample(scale_factor=2, mode='nearest-exact')",
        ),
        ("- Conv2d: [1, 8, 3, 1, same]", "Conv2d(1, 8, 3, padding='same')"),
        ("- Conv2d: [_, 8, 3]", "Conv2d(_, 8, 3)"),
        ('- {"Conv2d": ["_", 8, 3]}', "Conv2d(_, 8, 3)"),
        ("- Conv2d: {in_channels: _, out_channels: 8, kernel_size: 3}", "Conv2d(_, 8, 3)"),
        ("- MaxPool2d: {kernel_size: 2, stride: None}", "MaxPool2d(2)"),
        ("- MaxPool2d: {kernel_size: 2, stride: ~}", "MaxPool2d(2)"),
        ("- View(N, -1)", "View(N, -1)"),
        ("- View: [N, 4, -1]", "View(N, 4, -1)"),
        ('- {"View": ["N", -1]}', "View(N, -1)"),
        ("- Permute(0, 2, 1)", "Permute(0, 2, 1)"),
        ("- Linear(010, 5)", None),
        ("- Linear: [010, 5]", "Linear(10, 5)"),
    ],
)
def test_spellings_of_arguments(text: str, layer: str | None) -> None:
    if layer is None:
        with pytest.raises(SpecError, match="begins with a zero"):
            layers(text)
    else:
        assert layers(text) == [layer]


def test_json_is_read_the_same_way(tmp_path: Path) -> None:
    spec = {
        "name": "J",
        "input": [3, 8, 8],
        "vars": {"w": 4, "wide": "2*w"},
        "layers": [{"Conv2d": ["_", "wide", 3]}, {"skip": "ReLU()"}, {"Add": ["x", "skip"]}, "Tanh"],
    }
    path = tmp_path / "j.json"
    for indent in (None, 2, "\t"):
        path.write_text(json.dumps(spec, indent=indent), encoding="utf-8")
        arch = load(str(path))
        assert [repr(node.layer) for node in arch.nodes] == ["Conv2d(_, 8, 3)", "ReLU()", "Add()", "Tanh()"]
        assert [node.sources for node in arch.nodes] == [(0,), (1,), (2, 2), (3,)]
        assert sc.trace(arch).output == (8, 6, 6)


def test_paths_are_torchs() -> None:
    arch = loads(
        """
        encoder:
          - ReLU
          - down: Tanh
          - [ReLU, inner: ReLU]
          - block: [ReLU]
        decoder:
          - {repeat: 2, layers: [ReLU, a: ReLU]}
          - twice: {repeat: 2, layers: [Tanh]}
          - Sequential: [ReLU]
          - named: {Sequential: [ReLU]}
        """
    )
    assert [node.path for node in arch.nodes] == [
        *("encoder.0", "encoder.down", "encoder.2.0", "encoder.2.inner", "encoder.block.0"),
        *("decoder.0.0.0", "decoder.0.0.a", "decoder.0.1.0", "decoder.0.1.a"),
        *("decoder.twice.0.0", "decoder.twice.1.0", "decoder.2.0", "decoder.named.0"),
    ]
    assert arch.sections == {"encoder": range(5), "decoder": range(5, 13)}


def test_sections_run_in_their_order_whatever_the_files() -> None:
    arch = loads("decoder: [Tanh]\nbottleneck: [Sigmoid]\nencoder: [ReLU]")
    assert [node.path for node in arch.nodes] == ["encoder.0", "bottleneck.0", "decoder.0"]


@pytest.mark.parametrize(
    ("text", "mirrors", "latent_node"),
    [
        ("layers: [ReLU]", False, 0),
        ("encoder: [ReLU]", False, 0),
        ("encoder: [ReLU, ReLU]\ndecoder: [ReLU]", True, 1),
        ("encoder: [ReLU]\nbottleneck: [ReLU]\ndecoder: [ReLU]", True, 1),
        ("encoder: [ReLU]\ndecoder: [ReLU]\noutput: 3x4", False, 0),
        ("decoder: [ReLU]", False, None),
        ("- ReLU", False, 0),
    ],
)
def test_contracts(text: str, mirrors: bool, latent_node: int | None) -> None:
    contract = loads(text).contract
    assert (contract.mirrors, contract.latent_node) == (mirrors, latent_node)


def test_top_level() -> None:
    text = "name: A b\ninput: 3xHxW\nrange: [-1, 1]\nlayers: [ReLU]\noutput: [3, H, W]\nlatent: Nx3x8x8\n"
    arch = loads(text, "a.arch.yaml")
    assert (arch.name, arch.path, arch.text, arch.value_range) == ("A b", "a.arch.yaml", text, (-1.0, 1.0))
    assert str(arch.input) == "(N, 3, H, W)"
    assert arch.contract.output == arch.input
    assert str(arch.contract.latent) == "(N, 3, 8, 8)"
    assert arch.input_place == (2, 8, 2, 13)
    assert (arch.contract.output_place, arch.contract.latent_place) == ((5, 9, 5, 18), (6, 9, 6, 16))


@pytest.mark.parametrize(
    ("spelling", "shape"),
    [
        ("1x10x474", "(N, 1, 10, 474)"),
        ("'1x10x474'", "(N, 1, 10, 474)"),
        ("(1, 28, 28)", "(N, 1, 28, 28)"),
        ("[1, 28, W]", "(N, 1, 28, W)"),
        ("10", "(N, 10)"),
        ("474xNx80", "(474, N, 80)"),
    ],
)
def test_spellings_of_shapes(spelling: str, shape: str) -> None:
    assert str(loads(f"input: {spelling}\nlayers: [ReLU]").input) == shape


VARS = "vars: {w: 8, double: 2*w, rate: 0.5, deep: 'w//4'}\n"


def test_vars() -> None:
    text = "- Conv2d(w, double, 3)\n- Conv2d: [double, w+1, 3]\n- Dropout(rate)"
    assert layers(text, VARS) == ["Conv2d(8, 16, 3)", "Conv2d(16, 9, 3)", "Dropout()"]
    assert layers("- {repeat: deep, layers: [ReLU]}", VARS) == ["ReLU()"] * 2


def test_set_overrides_vars_and_what_is_made_of_them() -> None:
    text = f"{VARS}layers: ['Conv2d(w, double, 3)']"
    assert repr(loads(text, set={"w": 3}).nodes[0].layer) == "Conv2d(3, 6, 3)"
    assert repr(loads(text, set={"double": 3}).nodes[0].layer) == "Conv2d(8, 3, 3)"
    arch = loads(text, set={"w": 3})
    assert arch.reread is not None
    assert repr(arch.reread(text).nodes[0].layer) == "Conv2d(3, 6, 3)"


@pytest.mark.parametrize("value", ["8", True, None, 10**12, float("nan"), float("inf")])
def test_set_takes_numbers(value: object) -> None:
    with pytest.raises(SpecError) as caught:
        loads(f"{VARS}layers: [ReLU]", set={"w": value})  # type: ignore[dict-item]
    assert caught.value.problem.place is None


def test_a_var_may_be_called_like_a_kind() -> None:
    assert layers("- Conv2d(Conv2d, 8, 3)", "vars: {Conv2d: 3}\n") == ["Conv2d(3, 8, 3)"]


PLACES = """\
input: 3x32x32
layers:
  - Conv2d(3, 8, 3,
      padding=(1, 1), groups = 1)
  - Conv2d: {in_channels: 8, out_channels: 8, kernel_size: [3, 3]}
  - Conv2d:
      in_channels: 8
      "out_channels": 16   # wide
      kernel_size:
        - 3
        - 3
  - 'Permute(0, 2, 3, 1)'
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_down_to_the_argument(newline: str) -> None:
    arch = loads(PLACES.replace("\n", newline))
    origins = [node.origin for node in arch.nodes]
    assert all(origins)
    places = [
        {name: tuple(origin.argument(name)) for name in origin.arguments} | {"": tuple(origin.place)}
        for origin in origins
        if origin
    ]
    assert places[0] == {
        "in_channels": (3, 12, 3, 13),
        "out_channels": (3, 15, 3, 16),
        "kernel_size": (3, 18, 3, 19),
        "padding": (4, 15, 4, 21),
        "groups": (4, 32, 4, 33),
        "": (3, 5, 4, 34),
    }
    assert places[1] == {
        "in_channels": (5, 27, 5, 28),
        "out_channels": (5, 44, 5, 45),
        "kernel_size": (5, 60, 5, 66),
        "": (5, 5, 5, 67),
    }
    assert places[2]["out_channels"] == (8, 23, 8, 25)
    assert places[2]["kernel_size"][:2] == (10, 9)
    assert places[2][""][:2] == (6, 5)
    assert places[3] == {"dims": (12, 14, 12, 24), "": (12, 6, 12, 25)}
    assert [origin.place_of(*origin.kind)[1::2] for origin in origins if origin] == [
        (5, 11),
        (5, 11),
        (5, 11),
        (6, 13),
    ]


def test_an_alias_is_the_same_text_used_twice() -> None:
    text = "input: 8x9x9\nlayers:\n  - &a Conv2d(8, 8, 3)\n  - a1: *a\n  - *a\n  - Linear(2, 4)\n"
    arch = loads(text)
    assert [node.path for node in arch.nodes[:3]] == ["layers.0", "layers.a1", "layers.2"]
    assert arch.nodes[0].origin is arch.nodes[1].origin is arch.nodes[2].origin
    (problem,) = check_text(text, None).problems
    assert problem.path == "layers.3"
    assert problem.place == (6, 12, 6, 13)
    assert arch.nodes[2].origin is not None
    assert arch.nodes[2].origin.argument("kernel_size") == (3, 21, 3, 22)


def test_a_text_with_escapes_is_placed_as_a_whole_and_not_edited() -> None:
    (node,) = loads('layers: ["Conv2d(3, \\x38, 3)"]').nodes
    assert node.origin is not None
    assert not node.origin.editable
    assert node.origin.argument("out_channels") == (1, 10, 1, 30)


def test_a_problem_points_at_its_argument() -> None:
    text = (
        "layers:\n  - Conv2d(3, 8, 3)\n  - c: {Conv2d: {in_channels: 4, out_channels: 8, kernel_size: 3}}\n"
    )
    (problem,) = check_text(text, None, "3x32x32").problems
    assert (problem.path, problem.place) == ("layers.c", (3, 31, 3, 32))


def test_one_layer_on_its_own() -> None:
    assert sc.output_shape("Conv2d(\n  1, 8, 3)", "1x28x28") == (8, 26, 26)
    assert sc.output_shape("View(size=(N, -1))", "1x28x28") == (784,)
    with pytest.raises(sc.ShapeError) as refused:
        sc.output_shape("Conv2d(1,\n  8, 0)", "1x28x28")
    assert refused.value.problem.place == (2, 6, 2, 7)
    with pytest.raises(SpecError, match="a layer on its own reads no other, as `skip`"):
        sc.output_shape("Cat(skip)", "1x28x28")
