"""Models from published packages, built from their configurations: rows by standing, and the output against torch.

    pip install monai einops diffusers transformers    # beside torch; not needed by any test
    python tests/bench/published_models.py [NAME...]

Nothing is downloaded: every model is built from numbers that stand here. Prints a table in Markdown.
"""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

import shapecalc as sc
from shapecalc.size import at

BATCH = 2
Made = tuple[torch.nn.Module, Any, Any]


def monai(name: str, sample: tuple[int, ...], **arguments: Any) -> Callable[[], Made]:
    def make() -> Made:
        nets = importlib.import_module("monai.networks.nets")

        return getattr(nets, name)(**arguments), sample, None

    return make


def diffusers(name: str, given: Any, dtype: Any = None, **arguments: Any) -> Callable[[], Made]:
    def make() -> Made:
        package = importlib.import_module("diffusers")

        return getattr(package, name)(**arguments), given, dtype

    return make


def transformers(name: str, sample: Any, dtype: Any = None, **arguments: Any) -> Callable[[], Made]:
    def make() -> Made:
        package = importlib.import_module("transformers")

        config = getattr(package, f"{name}Config")(**arguments)
        return getattr(package, f"{name}Model")(config), sample, dtype

    return make


SMALL_VIT = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}

MODELS: dict[str, Callable[[], Made]] = {
    "monai UNet": monai("UNet", (1, 64, 64), spatial_dims=2, in_channels=1, out_channels=2, channels=(8, 16, 32), strides=(2, 2), num_res_units=2),
    "monai BasicUNet": monai("BasicUNet", (1, 65, 65), spatial_dims=2, in_channels=1, out_channels=2, features=(8, 8, 16, 32, 64, 8)),
    "monai SegResNet": monai("SegResNet", (1, 64, 64), spatial_dims=2, in_channels=1, out_channels=2),
    "monai AutoEncoder": monai("AutoEncoder", (1, 64, 64), spatial_dims=2, in_channels=1, out_channels=1, channels=(8, 16), strides=(2, 2)),
    "monai VarAutoEncoder": monai("VarAutoEncoder", (1, 32, 32), spatial_dims=2, in_shape=(1, 32, 32), out_channels=1, latent_size=6, channels=(8, 16), strides=(2, 2)),
    "monai DenseNet121": monai("DenseNet121", (3, 64, 64), spatial_dims=2, in_channels=3, out_channels=5),
    "monai AttentionUnet": monai("AttentionUnet", (1, 64, 64), spatial_dims=2, in_channels=1, out_channels=2, channels=(8, 16, 32), strides=(2, 2)),
    "monai VNet": monai("VNet", (1, 64, 64), spatial_dims=2, in_channels=1, out_channels=2),
    "monai UNETR": monai("UNETR", (1, 64, 64), in_channels=1, out_channels=2, img_size=(64, 64), spatial_dims=2, feature_size=8, hidden_size=48, mlp_dim=96, num_heads=4),
    "monai SwinUNETR": monai("SwinUNETR", (1, 64, 64), in_channels=1, out_channels=2, spatial_dims=2, feature_size=12),
    "monai DynUNet": monai("DynUNet", (1, 64, 64), spatial_dims=2, in_channels=1, out_channels=2, kernel_size=[3, 3, 3], strides=[1, 2, 2], upsample_kernel_size=[2, 2]),
    "monai ResNet18": monai("resnet18", (1, 64, 64), spatial_dims=2, n_input_channels=1, num_classes=4),
    "monai EfficientNetBN": monai("EfficientNetBN", (3, 64, 64), model_name="efficientnet-b0", spatial_dims=2, pretrained=False),
    "diffusers AutoencoderKL": diffusers("AutoencoderKL", (3, 32, 32), block_out_channels=(16, 32), down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, norm_num_groups=8),
    "diffusers UNet2DModel": diffusers("UNet2DModel", {"sample": (3, 32, 32), "timestep": ("N",)}, sample_size=32, block_out_channels=(16, 32), down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"), norm_num_groups=8, attention_head_dim=8),
    "diffusers UNet2DConditionModel": diffusers("UNet2DConditionModel", {"sample": (4, 16, 16), "timestep": ("N",), "encoder_hidden_states": (7, 32)}, sample_size=16, block_out_channels=(16, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), norm_num_groups=8, attention_head_dim=8, cross_attention_dim=32),
    "diffusers VQModel": diffusers("VQModel", (3, 32, 32), block_out_channels=(16, 32), down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, norm_num_groups=8),
    "diffusers AutoencoderTiny": diffusers("AutoencoderTiny", (3, 32, 32)),
    "transformers ViT": transformers("ViT", (3, 32, 32), image_size=32, patch_size=8, **SMALL_VIT),
    "transformers ConvNext": transformers("ConvNext", (3, 64, 64), hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 2, 1]),
    "transformers Swin": transformers("Swin", (3, 64, 64), image_size=64, embed_dim=24, depths=[1, 2], num_heads=[2, 4], window_size=4),
    "transformers ResNet": transformers("ResNet", (3, 64, 64), embedding_size=8, hidden_sizes=[16, 24], depths=[1, 1]),
    "transformers Segformer": transformers("Segformer", (3, 64, 64), hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1]),
    "transformers Dinov2": transformers("Dinov2", (3, 28, 28), image_size=28, patch_size=14, **SMALL_VIT),
    "transformers MobileNetV2": transformers("MobileNetV2", (3, 64, 64)),
    "transformers Wav2Vec2": transformers("Wav2Vec2", (16000,), hidden_size=48, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4),
    "transformers Encodec": transformers("Encodec", (1, 8000)),
    "transformers Bert": transformers("Bert", (11,), torch.int64, vocab_size=100, **SMALL_VIT),
}  # fmt: skip


def tensors(given: Any, dtype: Any) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
    """The inputs, batch included."""
    named = isinstance(given, dict)
    made = {}
    for name, shape in given.items() if named else {"": given}.items():
        whole = (BATCH,) if shape == ("N",) else (BATCH, *shape)
        made[name] = torch.randint(0, 9, whole) if dtype or shape == ("N",) else torch.randn(whole)
    first, *_ = made.values()
    return [first], dict(list(made.items())[1:])


def returned_tensors(out: Any) -> list[torch.Tensor]:
    if isinstance(out, torch.Tensor):
        return [out]
    inner = out.values() if isinstance(out, dict) else out if isinstance(out, (list, tuple)) else ()
    return [tensor for one in inner for tensor in returned_tensors(one)]


def compared(out: Any, taken: torch.Tensor, mirrors: bool) -> tuple[int, ...]:
    """The first tensor's shape; of an encoder with its decoder, that of the tensor most like the input."""
    shapes = [tuple(tensor.shape) for tensor in returned_tensors(out)]
    alike = [shape for shape in shapes if len(shape) == taken.dim() and shape[1] == taken.shape[1]]
    return (alike if mirrors and alike else shapes)[0]


def row(name: str) -> str:
    model, given, dtype = MODELS[name]()
    model.eval()
    start = time.perf_counter()
    arch = sc.from_module(model, given, dtype=dtype)
    took = time.perf_counter() - start
    traced = sc.trace(arch)
    standing = Counter(step.call.standing for step in traced.steps if step.call)
    rows = " | ".join(str(standing.get(word, 0)) for word in ("EXACT", "TRACED", "UNKNOWN"))
    args, kwargs = tensors(given, dtype)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = compared(model(*args, **kwargs), args[0], arch.contract.mirrors)
    said = tuple(at(size, {"N": BATCH}) for size in traced.shape_out or ())
    outcome = (
        "equal" if said == real else f"**{'x'.join(map(str, said)) or traced.problems[0].message[:150]}**"
    )
    warned = " ".join(problem.code.id for problem in traced.problems)
    return f"| {name} | {rows} | {'x'.join(map(str, real))} | {outcome} | {took * 1000:.0f} ms | {warned} |"


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    print(
        "| model | EXACT | TRACED | UNKNOWN | torch returns | here | capture | said |\n|---|---|---|---|---|---|---|---|"
    )
    for name in names or MODELS:
        try:
            print(row(name), flush=True)
        except Exception as error:
            text = " ".join(str(error).split())[:160]
            print(f"| {name} | | | | {type(error).__name__}: {text} | | | |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
