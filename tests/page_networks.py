"""Random spec texts for report pages: chains in one, two and three axes, joins, autoencoders and classifiers."""

from __future__ import annotations

from math import prod
from random import Random

import shapecalc as sc

LAYERS = {
    1: """
        Conv1d(_, {channels}, {kernel}, stride={stride}, padding={padding}, dilation={dilation})
        ConvTranspose1d(_, {channels}, {kernel}, stride={stride}, padding={padding})
        MaxPool1d({kernel}, ceil_mode={flag})
        AvgPool1d({kernel}, {stride}, {padding}, ceil_mode={flag})
        AdaptiveAvgPool1d({size})
        LPPool1d(2, {kernel})
        ConstantPad1d(({edge}, 1), 0)
        ReflectionPad1d({padding})
        CircularPad1d({padding})
        ReplicationPad1d({padding})
        Upsample(scale_factor={factor})
        Upsample(size={size})
        Transpose(1, 2)
        Unflatten(1, (2, -1))
        BatchNorm1d(_)
        LSTM(_, {channels}, batch_first=True)
        GRU(_, {channels}, batch_first=True)
        Linear({last}, {channels})
        TransformerEncoderLayer({last}, 1, batch_first=True)
    """,
    2: """
        Conv2d(_, {channels}, {kernel}, stride={stride}, padding={padding}, dilation={dilation})
        Conv2d(_, {channels}, ({kernel}, {size}), stride=({stride}, 1))
        Conv2d(_, {channels}, {kernel}, padding='same')
        ConvTranspose2d(_, {channels}, {kernel}, stride={stride}, padding={padding}, output_padding={flag:d})
        MaxPool2d({kernel}, {stride}, ceil_mode={flag})
        MaxPool2d(({kernel}, 1))
        AvgPool2d({kernel}, {stride}, {padding}, ceil_mode={flag})
        LPPool2d(2, {kernel}, ceil_mode={flag})
        FractionalMaxPool2d(2, output_ratio=0.5)
        FractionalMaxPool2d(2, output_size={size})
        AdaptiveAvgPool2d({size})
        AdaptiveMaxPool2d((None, {size}))
        ZeroPad2d(({edge}, 0, {edge}, 1))
        ReflectionPad2d({padding})
        CircularPad2d({padding})
        Upsample(scale_factor={factor})
        Upsample(scale_factor=(2, {factor}))
        Upsample(size=({size}, {kernel}))
        UpsamplingNearest2d(scale_factor=2)
        PixelShuffle(2)
        PixelUnshuffle(2)
        ChannelShuffle(2)
        GroupNorm(1, _)
        Flatten(2)
        Permute(0, 1, 3, 2)
        Unfold({kernel}, stride={stride})
        View(N, {last}, -1)
        Linear({last}, {channels})
    """,
    3: """
        Conv3d(_, {channels}, {kernel}, stride={stride}, padding={padding})
        ConvTranspose3d(_, {channels}, {kernel}, stride={stride}, padding={padding})
        MaxPool3d({kernel}, {stride}, ceil_mode={flag})
        AvgPool3d({kernel}, {stride}, {padding}, ceil_mode={flag})
        AdaptiveAvgPool3d({size})
        ConstantPad3d({edge}, 0)
        ReplicationPad3d({padding})
        Upsample(scale_factor={factor})
        BatchNorm3d(_)
        Flatten(2, 3)
        Flatten(3)
    """,
}
ANYWHERE = ["ReLU()", "Dropout(0.1)", "Softmax(1)", "Identity()"]
JOINS = ["Cat({}, {})", "Cat({}, {}, dim=2)", "Add({}, {})", "Mul({}, {})", "Interpolate({}, like={})"]
MOST = {1: 90, 2: 50, 3: 18}


def random_spec(random: Random) -> str:
    """A spec that can be read; nearly always it runs on its own input, and often on few others."""
    rank = random.choice((1, 2, 2, 2, 3))
    size = [random.randint(1, 4), *(random.randint(6, MOST[rank]) for _ in range(rank))]
    head = f"input: {_spelt(size)}\n"
    sort = random.choice(("chain", "joins", "autoencoder", "classifier"))
    layers, made = _chain(random, head, size, sort == "joins")
    if sort == "classifier":
        features = random.choice((prod(made), prod(made), "_"))
        layers += ["Flatten()", f"Linear({features}, 10)", "ReLU()"]
    if sort == "autoencoder":
        decoder = [_undone(layer) for layer in reversed(layers)]
        last = random.choice(([], [f"Conv{rank}d(_, {size[0]}, 1)"]))
        stated = random.choice(("", "", "", f"output: {_spelt(size)}\n"))
        return head + _block("encoder", layers) + _block("decoder", [*decoder, *last]) + stated
    return head + _block("layers", layers) + random.choice(("", "", "", f"output: {_spelt(made)}\n"))


def _chain(random: Random, head: str, size: list[int], joins: bool) -> tuple[list[str], list[int]]:
    """Layers that run, one after another, with joins of any two before them; and what comes out."""
    layers: list[str] = []
    for _ in range(random.randint(2, 30)):
        if joins and len(layers) > 1 and random.random() < 0.4:
            earlier = random.choices(range(len(layers)), k=2)
            text = random.choice(JOINS).format(*(f"n{number}" for number in earlier))
        else:
            text = _layer(random, size)
        longer = [*layers, f"n{len(layers)}: {text}"]
        traced = sc.trace(sc.loads(head + _block("layers", longer)))
        if traced.output and all(isinstance(axis, int) for axis in traced.output):
            layers, size = longer, [axis for axis in traced.output if isinstance(axis, int)]
        elif random.random() < 0.02:
            return longer, size
        if len(layers) == 7:
            break
    return layers or ["n0: Identity()"], size


def _layer(random: Random, size: list[int]) -> str:
    listed = [line.strip() for line in LAYERS.get(len(size) - 1, "").strip().splitlines()]
    return random.choice([*listed, *ANYWHERE]).format(
        channels=random.choice((1, 2, 4, 6, 8)),
        kernel=random.randint(1, 5),
        stride=random.choice((1, 2, 2, 3)),
        padding=random.randint(0, 2),
        dilation=random.choice((1, 1, 2)),
        flag=random.choice((True, False)),
        size=random.randint(1, 6),
        edge=random.randint(-2, 3),
        factor=random.choice((2, 3, 0.5, 1.5, 0.25, 2.5)),
        last=size[-1],
    )


def _undone(layer: str) -> str:
    """A layer of a decoder for a layer of an encoder, right or nearly so."""
    text = layer.partition(": ")[2]
    if text.startswith("Conv") and "Transpose" not in text:
        return text.replace("Conv", "ConvTranspose", 1).replace(", padding='same'", "")
    return "Upsample(scale_factor=2)" if "Pool" in text else "ReLU()"


def _block(name: str, layers: list[str]) -> str:
    return f"{name}:\n" + "".join(f"  - {layer}\n" for layer in layers)


def _spelt(size: list[int]) -> str:
    return "x".join(map(str, size))
