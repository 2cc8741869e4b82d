"""Random spec texts for `emit`: autoencoders with vars, names, blocks, repeats, pools and their indices, heads, skips."""

from __future__ import annotations

from random import Random

import shapecalc as sc

NORMS = {1: "BatchNorm1d", 2: "BatchNorm2d", 3: "BatchNorm3d"}
ACTIVATIONS = ("ReLU", "GELU()", "LeakyReLU(0.1)", "SiLU", "Dropout(0.1)", "Hardtanh(-1, 1)")


class Drawn:
    """A spec's text, and what may be asked of it."""

    def __init__(self, text: str, any_size: bool, sections: bool) -> None:
        self.text, self.any_size, self.sections = text, any_size, sections


def random_spec(random: Random) -> Drawn:
    """A spec that runs on the input that it states."""
    while True:
        drawn = random.choice((autoencoder, autoencoder, autoencoder, unet, sequence, residual, classifier))(
            random
        )
        try:
            if sc.trace(sc.loads(drawn.text)).ok:
                return drawn
        except sc.SpecError:
            print(drawn.text)
            raise


def autoencoder(random: Random) -> Drawn:
    """An encoder and its mirror; decoders by transposed convolution, upsampling or unpooling."""
    rank = random.choice((1, 2, 2, 2, 3))
    sizes = [random.randint(9, {1: 120, 2: 60, 3: 16}[rank]) for _ in range(rank)]
    depth = random.randint(1, 3 if rank < 3 else 2)
    channels = random.randint(1, 3)
    encoder: list[str] = []
    decoder: list[list[str]] = []
    before, inside = str(channels), channels
    shape = list(sizes)
    style = random.choice(("transpose", "transpose", "upsample", "unpool"))
    for level in range(depth):
        width = random.choice(("width", "2*width", "width + 4", "8"))
        kernel, stride = random.choice((2, 3, 4, 5)), random.choice((1, 2, 2, 3))
        padding, dilation = random.randint(0, kernel // 2), random.choice((1, 1, 1, 2))
        if any(size + 2 * padding < dilation * (kernel - 1) + 1 for size in shape):
            break
        name = f"down{level}: " if random.random() < 0.4 else ""
        inferred = random.random() < 0.3
        options = f"stride={stride}, padding={padding}" + (f", dilation={dilation}" if dilation > 1 else "")
        if style == "unpool":
            encoder.append(f"Conv{rank}d({'_' if inferred else before}, {width}, 3, padding=1)")
            encoder += [f"pool{level}: MaxPool{rank}d(2)"]
            decoder.insert(
                0,
                [
                    f"MaxUnpool{rank}d: {{kernel_size: 2, indices: pool{level}, output_size: {shape}}}",
                    f"Conv{rank}d({width}, {before}, 3, padding=1)",
                ],
            )
            shape = [size // 2 for size in shape]
        else:
            encoder.append(f"{name}Conv{rank}d({'_' if inferred else before}, {width}, {kernel}, {options})")
            spread = dilation * (kernel - 1)
            after = [(size + 2 * padding - spread - 1) // stride + 1 for size in shape]
            extra = tuple((size + 2 * padding - spread - 1) % stride for size in shape)
            if style == "transpose":
                decoder.insert(
                    0,
                    [
                        f"ConvTranspose{rank}d({width}, {before}, {kernel}, {options}, output_padding={extra if rank > 1 else extra[0]})"
                    ],
                )
            else:
                mode = (
                    random.choice(("nearest", "area"))
                    if rank != 2
                    else random.choice(("nearest", "bilinear"))
                )
                what = random.choice(("Upsample", "Interpolate"))
                decoder.insert(
                    0,
                    [
                        f"{what}(size={tuple(shape)}, mode='{mode}')",
                        f"Conv{rank}d({width}, {before}, 3, padding=1)",
                    ],
                )
            shape = after
        before = width
        if random.random() < 0.4:
            encoder.append(f"{NORMS[rank]}({random.choice(('_', before))})")
        if random.random() < 0.6:
            encoder.append(random.choice(ACTIVATIONS))
        if min(shape) < 3:
            break
    if not encoder:
        return autoencoder(random)
    del inside
    flat = [line for lines in decoder for line in lines]
    if random.random() < 0.3:
        flat.insert(1, {"1": "ReLU", "2": "Tanh"}[random.choice("12")])
    flat.append("Sigmoid")
    bottleneck: list[str] = []
    has_head = random.random() < 0.25
    if has_head:
        bottleneck = ["Flatten()", f"Linear(_, {random.randint(2, 9)})"]
        count = 1
        for size in shape:
            count *= size
        flat = [
            f"Linear(_, {count}*({before}))",
            f"Unflatten(1, ({before}, {', '.join(map(str, shape))}))",
            *flat,
        ]
    if random.random() < 0.3:  # the first layers in a named block
        cut = random.randint(1, len(encoder))
        encoder = [f"stem: [{', '.join(map(quoted, encoder[:cut]))}]", *encoder[cut:]]
    lines = [
        f"name: Net{random.randint(0, 999)}",
        f"input: {channels}x{'x'.join(map(str, sizes))}",
        "vars: {width: " + str(random.choice((2, 3, 6))) + "}",
        "encoder:",
        *(f"  - {line}" for line in encoder),
        *(["bottleneck:", *(f"  - {line}" for line in bottleneck)] if bottleneck else []),
        "decoder:",
        *(f"  - {line}" for line in flat),
    ]
    return Drawn("\n".join(lines) + "\n", not has_head, True)


def quoted(line: str) -> str:
    """The item for a list in brackets."""
    name, colon, layer = line.partition(": ")
    return f"{{{name}: '{layer}'}}" if colon else f'"{line}"'


def unet(random: Random) -> Drawn:
    """Skips by name, joined by Cat or Add; odd sizes where each upsampling reads its skip's size."""
    rank = random.choice((1, 2, 3))
    depth = random.randint(1, 3)
    sizes = [random.randint(9, 24) for _ in range(rank)]
    exact = random.random() < 0.5
    if not exact:
        sizes = [8 * random.randint(1, 3) for _ in range(rank)]
    layers = [f"first: Conv{rank}d(2, width, 3, padding=1)"]
    for level in range(depth):
        layers += [f'enc{level}: ["Conv{rank}d(width, width, 3, padding=1)", ReLU]', f"MaxPool{rank}d(2)"]
    for level in reversed(range(depth)):
        if exact:
            layers.append(f"up{level}: Interpolate(x, enc{level})")
        else:
            layers.append(f"up{level}: ConvTranspose{rank}d(width, width, 2, stride=2)")
        if random.random() < 0.6:
            layers += [f"Cat(up{level}, enc{level})", f"Conv{rank}d(2*width, width, 3, padding=1)"]
        else:
            layers += [f"Add(up{level}, enc{level})"]
    layers += ["Crop(5)" if random.random() < 0.3 else f"Conv{rank}d(width, 1, 1)"]
    head = f"name: u net\ninput: 2x{'x'.join(map(str, sizes))}\nvars: {{width: 4}}\nlayers:\n"
    return Drawn(head + "\n".join(f"  - {line}" for line in layers) + "\n", False, False)


def sequence(random: Random) -> Drawn:
    """Convolutions, then recurrence or attention over time, with a residual sum."""
    heads, features = random.choice((1, 2)), random.choice((4, 8))
    memory = random.choice(
        (
            f"LSTM(_, {features}, batch_first=True, bidirectional=True)",
            f"GRU({features}, {features}, 2, batch_first=True)",
            f"RNN({features}, {features}, batch_first=True)",
            f"MultiheadAttention({features}, {heads}, batch_first=True)",
            f"TransformerEncoderLayer({features}, {heads}, 16, batch_first=True)",
        )
    )
    layers = [f"Conv1d(3, {features}, 3, padding=1)", "Permute(0, 2, 1)", f"before: LayerNorm({features})"]
    layers += [f"memory: {memory}", "Dropout(0.2)"]
    if "LSTM" not in memory:
        layers += ["Add(x, before)"]
    layers += [
        random.choice(("Mean(1)", "Select(1, -1)", "Slice(1, 0, 3)", "Chunk(2, dim=1)")),
        "Linear(_, 5)",
    ]
    if random.random() < 0.5:
        layers += ["Unsqueeze(1)", "Split((2, 3), dim=-1, index=1)"]
    text = f"name: Sequence\ninput: 3x{random.randint(4, 12)}\nlayers:\n"
    return Drawn(text + "\n".join(f"  - {line}" for line in layers) + "\n", False, False)


def classifier(random: Random) -> Drawn:
    """Numbers left to infer everywhere: behind joins, pads, pools and a Flatten, with and without vars in windows."""
    rank = random.choice((1, 2, 2, 3))
    size, layers = random.randint(6, 12), [f"first: Conv{rank}d(_, width, 3, padding=1)"]
    for _ in range(random.randint(1, 2)):
        layers += random.choice(
            (
                [f"Conv{rank}d(_, 2*width, 3, padding=1)", f"{NORMS[rank]}(_)"],
                [f"Conv{rank}d(_, width + 1, step, padding=step//2)"],
                [f"ZeroPad{rank}d(1)", "ReLU", f"Conv{rank}d(_, width - 1, 3)"],
                ["Add(x, first)", f"InstanceNorm{rank}d(_, momentum=None)"],
                ["Cat(x, first)", f"Conv{rank}d(_, width, 1)"],
                ["GLU(1)"],
                [f"Conv{rank}d(_, 6, 1)"],
            )
        )
        layers += random.choice(([], [f"MaxPool{rank}d(2)"], ["Dropout(0.5)"], ["Upsample(scale_factor=2)"]))
    layers += random.choice(
        (
            ["Flatten()", "Dropout(0.1)"],
            ["Flatten(2)", "Linear(_, features)", "Flatten()"],
            ["Linear(_, 3)", "Flatten()"],
        )
    )
    layers += ["Linear(_, 2*features)", "ReLU", random.choice(("Linear(_, 5)", "LazyLinear(5)"))]
    head = f"name: Classifier\ninput: 4x{'x'.join([str(size)] * rank)}\nvars: {{width: 4, features: 6, step: 3}}\nlayers:\n"
    return Drawn(head + "\n".join(f"  - {line}" for line in layers) + "\n", False, False)


def residual(random: Random) -> Drawn:
    """Repeated blocks with a sum inside, so that nested blocks need a forward of their own."""
    times = random.randint(1, 3)
    text = f"""\
name: Residual
input: 3x{random.randint(8, 20)}x{random.randint(8, 20)}
vars: {{width: 6, groups: 2}}
layers:
  - stem: Conv2d(3, width, 3, padding=1)
  - repeat: {times}
    layers:
      - entry: Identity
      - body: ["Conv2d(_, width, 3, padding=1, groups=groups)", "BatchNorm2d(_)", ReLU]
      - Conv2d(width, width, 1, bias=False)
      - Add(x, entry)
  - AdaptiveAvgPool2d((None, 1))
  - Flatten
  - Linear(_, {random.choice((3, 10))})
  - again: Mul(x, x)
  - Softmax(dim=-1)
"""
    return Drawn(text, False, False)
