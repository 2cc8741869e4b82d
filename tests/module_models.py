"""Models as people write them: a class each, with the sample that it takes and, where it fails, the failing call.

`MODELS` has every class with an `input`; `fails` is the path of the layer that raises, or `path.forward:operation`.
"""

# mypy: ignore-errors
# ruff: noqa: N806, RUF012
from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.checkpoint import checkpoint

MODELS: list[Any] = []


class Model(nn.Module):
    """A model with its samples; one that raises says where."""

    input: Any = None
    fails: str | None = None

    def __init_subclass__(cls) -> None:
        if cls.input is not None:
            MODELS.append(cls)


def conv(a: int, b: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1), nn.BatchNorm2d(b), nn.ReLU(inplace=True))


class PlainSequential(Model):
    input = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(conv(1, 8, 2), conv(8, 16, 2), nn.Flatten(), nn.Linear(784, 10))

    def forward(self, x):
        return self.net(x)


class ViewBySize(Model):
    input = (3, 32, 32)

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2 = nn.Linear(16 * 5 * 5, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = x.view(-1, self.features(x))
        return F.log_softmax(self.fc2(F.dropout(F.relu(self.fc1(x)), training=self.training)), dim=1)

    def features(self, x):
        number = 1
        for size in x.size()[1:]:
            number *= size
        return number


class UNetWithPad(Model):
    input = (3, 50, 37)

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([conv(a, b) for a, b in ((3, 8), (8, 16), (16, 32))])
        self.up = nn.ModuleList([nn.ConvTranspose2d(a, b, 2, 2) for a, b in ((32, 16), (16, 8))])
        self.mix = nn.ModuleList([conv(32, 16), conv(16, 8)])
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        skips = []
        for number, stage in enumerate(self.down):
            x = stage(x)
            if number < 2:
                skips.append(x)
                x = F.max_pool2d(x, 2)
        for up, mix in zip(self.up, self.mix):
            x, skip = up(x), skips.pop()
            high, wide = skip.size(2) - x.size(2), skip.size(3) - x.size(3)
            x = F.pad(x, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
            x = mix(torch.cat([skip, x], dim=1))
        return self.head(x)


class UNetWithInterpolate(Model):
    input = (1, 45, 61)

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = conv(1, 8), conv(8, 16, 2), conv(16, 32, 2)
        self.d, self.e = conv(48, 16), conv(24, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        y = F.interpolate(c, size=b.shape[2:], mode="bilinear", align_corners=False)
        y = self.d(torch.cat((y, b), 1))
        y = F.interpolate(y, size=(a.size(2), a.size(3)))
        return torch.sigmoid(self.e(torch.cat((y, a), 1)))


class UNetForgetsOdd(Model):
    input = (1, 45, 61)
    fails = "forward:cat"

    def __init__(self):
        super().__init__()
        self.a, self.b, self.up = conv(1, 8), conv(8, 16, 2), nn.Upsample(scale_factor=2)

    def forward(self, x):
        a = self.a(x)
        return torch.cat([self.up(self.b(a)), a], 1)


class CropBySlice(Model):
    input = (1, 40, 40)

    def __init__(self):
        super().__init__()
        self.a, self.b, self.up = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3, 2), nn.ConvTranspose2d(8, 4, 2, 2)

    def forward(self, x):
        a = self.a(x)
        y = self.up(self.b(a))
        top, left = (a.size(2) - y.size(2)) // 2, (a.shape[3] - y.shape[3]) // 2
        return torch.cat([a[:, :, top : top + y.size(2), left : left + y.size(3)], y], dim=1)


class NegativePad(Model):
    input = (1, 33, 20)

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(1, 2, 4, 2)

    def forward(self, x):
        return F.pad(self.up(x), (-1, -1, -2, 0))


class Residual(Model):
    input = (16, 24, 24)

    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.n = nn.Conv2d(16, 32, 3, 2, 1), nn.Conv2d(32, 32, 3, 1, 1), nn.BatchNorm2d(32)
        self.short = nn.Conv2d(16, 32, 1, 2)

    def forward(self, x):
        y = self.n(self.c2(F.relu(self.c1(x))))
        y += self.short(x)
        return F.relu_(y)


class ResidualForgetsStride(Model):
    input = (16, 24, 24)
    fails = "forward:add"

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(16, 16, 3, 2, 1)

    def forward(self, x):
        return self.c1(x) + x


class Vae(Model):
    input = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU()
        )
        self.mu, self.logvar, self.back = nn.Linear(784, 20), nn.Linear(784, 20), nn.Linear(20, 784)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1)
        )

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def forward(self, x):
        h = self.encoder(x).flatten(1)
        mu, logvar = self.mu(h), self.logvar(h)
        z = self.reparameterize(mu, logvar)
        return self.decoder(self.back(z).view(-1, 16, 7, 7)), mu, logvar


class VaeOldStyle(Model):
    input = (1, 16, 16)

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Linear(256, 12), nn.Linear(6, 256)

    def forward(self, x):
        mu, logvar = self.down(x.view(x.size(0), -1)).chunk(2, dim=1)
        std = logvar.mul(0.5).exp_()
        eps = std.data.new(std.size()).normal_()
        z = eps.mul(std).add_(mu)
        return torch.tanh(self.up(z)).view_as(x)


class DictOutput(Model):
    input = (3, 20, 20)

    def __init__(self):
        super().__init__()
        self.body, self.a, self.b = nn.Conv2d(3, 8, 3), nn.Linear(8, 2), nn.Linear(8, 4)

    def forward(self, x):
        y = F.adaptive_avg_pool2d(F.relu(self.body(x)), 1).squeeze(-1).squeeze(-1)
        return {"kind": self.a(y), "box": self.b(y)}


class TwoInputs(Model):
    input = [(3, 16, 16), (5,)]

    def __init__(self):
        super().__init__()
        self.image, self.table, self.head = nn.Conv2d(3, 8, 3, 2, 1), nn.Linear(5, 8), nn.Linear(16, 2)

    def forward(self, image, table):
        a = self.image(image).mean(dim=(2, 3))
        return self.head(torch.cat([a, self.table(table)], dim=-1))


class GlobalPool(Model):
    input = (3, 30, 30)

    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 12, 3), nn.Linear(24, 5)

    def forward(self, x):
        y = self.c(x)
        y = torch.cat([y.mean([2, 3]), y.amax(dim=(-2, -1))], 1)
        return self.fc(y)


class SqueezeExcite(Model):
    input = (16, 14, 14)

    def __init__(self):
        super().__init__()
        self.pool, self.fc = (
            nn.AdaptiveAvgPool2d(1),
            nn.Sequential(nn.Linear(16, 4), nn.ReLU(), nn.Linear(4, 16), nn.Sigmoid()),
        )

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.pool(x).view(b, c)
        y = self.fc(y).view(b, c, 1, 1)
        return x * y.expand_as(x)


class ShuffleChannels(Model):
    input = (12, 8, 8)

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(12, 24, 1, groups=3)

    def forward(self, x):
        x = self.c(x)
        n, c, h, w = x.shape
        x = x.reshape(n, 3, c // 3, h, w).transpose(1, 2).contiguous()
        return x.view(n, -1, h, w)


class SplitAndStack(Model):
    input = (12, 9)

    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(12, 12, 3, padding=1)

    def forward(self, x):
        a, b, c = torch.split(self.c(x), [3, 4, 5], dim=1)
        parts = [part.sum(1) for part in (a, b, c)]
        return torch.stack(parts, dim=1).unsqueeze(1)[..., :-2].permute(0, 2, 1, 3)


class SelfAttention(Model):
    input = (8, 7, 7)

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Conv2d(8, 2, 1), nn.Conv2d(8, 2, 1), nn.Conv2d(8, 8, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        B, C, W, H = x.size()
        q = self.q(x).view(B, -1, W * H).permute(0, 2, 1)
        k = self.k(x).view(B, -1, W * H)
        attention = F.softmax(torch.bmm(q, k), dim=-1)
        out = torch.bmm(self.v(x).view(B, -1, W * H), attention.permute(0, 2, 1)).view(B, C, W, H)
        return self.gamma * out + x


class Vit(Model):
    input = (3, 32, 32)

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 24, 8, 8)
        self.cls = nn.Parameter(torch.zeros(1, 1, 24))
        self.position = nn.Parameter(torch.zeros(1, 17, 24))
        self.norm, self.qkv, self.out = nn.LayerNorm(24), nn.Linear(24, 72), nn.Linear(24, 24)
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1) + self.position
        B, L, C = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(B, L, 3, 4, C // 4).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(y.transpose(1, 2).reshape(B, L, C))
        return self.head(x[:, 0])


class Einsum(Model):
    input = (6, 10, 11)

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(4, 6))

    def forward(self, x):
        y = torch.einsum("oc,nchw->nohw", self.w, x)
        return torch.einsum("nohw,nphw->nop", y, y)


class LstmAfterConv(Model):
    input = (1, 16, 40)

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(1, 4, 3, (2, 1), 1)
        self.rnn = nn.LSTM(32, 20, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(40, 7)

    def forward(self, x):
        x = self.c(x)
        x = x.permute(0, 3, 1, 2).reshape(x.size(0), x.size(3), -1)
        y, (h, _) = self.rnn(x)
        return self.fc(y[:, -1, :]), h


class GruWithState(Model):
    input = (30, 8)

    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.GRU(8, 16, batch_first=True), nn.Linear(16, 3)

    def forward(self, x):
        h0 = torch.zeros(1, x.size(0), 16, device=x.device)
        _, h = self.rnn(x, h0)
        return self.fc(h.squeeze(0))


class LstmCellLoop(Model):
    input = (5, 8)

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(8, 6)

    def forward(self, x):
        h, c = x.new_zeros(x.size(0), 6), x.new_zeros(x.size(0), 6)
        out = []
        for step in range(x.size(1)):
            h, c = self.cell(x[:, step], (h, c))
            out.append(h)
        return torch.stack(out, dim=1)


class Attention(Model):
    input = (12, 16)

    def __init__(self):
        super().__init__()
        self.mha, self.norm = nn.MultiheadAttention(16, 4, batch_first=True), nn.LayerNorm(16)

    def forward(self, x):
        y, weights = self.mha(x, x, x)
        return self.norm(x + y), weights


class TransformerStack(Model):
    input = (12, 16)

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.encoder, self.fc = nn.TransformerEncoder(layer, 2), nn.Linear(16, 2)

    def forward(self, x):
        return self.fc(self.encoder(x).mean(1))


class Tokens(Model):
    input = (9,)
    dtype = torch.int64

    def __init__(self):
        super().__init__()
        self.embed, self.c = nn.Embedding(50, 12), nn.Conv1d(12, 20, 3, padding=1)
        self.fc = nn.Linear(20, 4)

    def forward(self, x):
        y = self.c(self.embed(x).transpose(1, 2))
        return self.fc(F.max_pool1d(y, y.size(2)).squeeze(2))


class PoolUnpool(Model):
    input = (3, 17, 20)

    def __init__(self):
        super().__init__()
        self.c, self.pool, self.unpool = (
            nn.Conv2d(3, 4, 3, padding=1),
            nn.MaxPool2d(2, return_indices=True),
            nn.MaxUnpool2d(2),
        )

    def forward(self, x):
        y = self.c(x)
        z, indices = self.pool(y)
        return self.unpool(z, indices, output_size=y.size())


class FunctionalUnpool(Model):
    input = (3, 16, 20)

    def forward(self, x):
        y, indices = F.max_pool2d(x, 2, return_indices=True)
        return F.max_unpool2d(y, indices, 2)


class TransposedToSize(Model):
    input = (4, 13, 18)

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(4, 8, 3, 2, 1), nn.ConvTranspose2d(8, 4, 3, 2, 1)

    def forward(self, x):
        return self.up(self.down(x), output_size=x.shape)


class Reused(Model):
    input = (8, 12, 12)

    def __init__(self):
        super().__init__()
        self.block, self.act = nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()

    def forward(self, x):
        for _ in range(3):
            x = self.act(self.block(x))
        return x


class ModuleDictBranch(Model):
    input = (4, 10)

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict({"small": nn.Linear(10, 2), "large": nn.Linear(10, 20)})

    def forward(self, x):
        return {name: head(x.mean(1)) for name, head in self.heads.items()}


class IfOnSize(Model):
    input = (3, 21, 21)

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, 2)

    def forward(self, x):
        if x.size(2) % 2 or x.shape[3] % 2:
            x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), mode="replicate")
        while x.shape[-1] > 6:
            x = F.avg_pool2d(x, 2)
        return self.c(x)


class Checkpointed(Model):
    input = (3, 12, 12)

    def __init__(self):
        super().__init__()
        self.a, self.b = conv(3, 6), conv(6, 9, 2)

    def forward(self, x):
        x = checkpoint(self.a, x, use_reentrant=False)
        return checkpoint(lambda y: self.b(y) * 2, x, use_reentrant=False)


class _Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.cat([x, x], 1)

    @staticmethod
    def backward(ctx, grad):
        return grad


class CustomAutograd(Model):
    input = (3, 12)

    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(6, 2, 3)

    def forward(self, x):
        return self.c(_Doubled.apply(x))


class WeightNorm(Model):
    input = (2, 32)

    def __init__(self):
        super().__init__()
        new, old = nn.utils.parametrizations.weight_norm, nn.utils.weight_norm
        self.a, self.b = new(nn.Conv1d(2, 4, 3, padding=4, dilation=2)), old(nn.Conv1d(4, 4, 3))
        self.c = nn.utils.parametrizations.spectral_norm(nn.Conv1d(4, 1, 1))

    def forward(self, x):
        return self.c(self.b(F.elu(self.a(x)[:, :, :-4])))


class Standardized(nn.Conv2d):
    def forward(self, x):
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        weight = weight / (weight.std(dim=(1, 2, 3), keepdim=True) + 1e-5)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class OwnConv(Model):
    input = (3, 24, 24)

    def __init__(self):
        super().__init__()
        self.a, self.b = Standardized(3, 8, 3, stride=2), Standardized(8, 8, 3, padding=1, groups=2)

    def forward(self, x):
        return self.b(F.group_norm(self.a(x), 4))


class SamePadConv(nn.Conv2d):
    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(x.shape[-2:], self.kernel_size, self.stride):
            total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            pads = [total // 2, total - total // 2, *pads]
        return super().forward(F.pad(x, pads))


class SamePad(Model):
    input = (3, 23, 30)

    def __init__(self):
        super().__init__()
        self.a = SamePadConv(3, 8, 5, stride=2)

    def forward(self, x):
        return self.a(x)


class Lazy(Model):
    input = (3, 20, 20)

    def __init__(self):
        super().__init__()
        self.c, self.n, self.fc = nn.LazyConv2d(8, 3, 2), nn.LazyBatchNorm2d(), nn.LazyLinear(4)

    def forward(self, x):
        return self.fc(torch.flatten(self.n(self.c(x)), 1))


class Mutating(Model):
    input = (3, 8, 8)

    def __init__(self):
        super().__init__()
        self.c, self.seen, self.calls = nn.Conv2d(3, 4, 3), [], 0
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x):
        y = self.c(x)
        self.calls += 1
        self.seen.append(y.shape)
        self.last = y
        self.mean = 0.9 * self.mean + 0.1 * y.mean((0, 2, 3))
        return y - self.mean.view(1, -1, 1, 1)


class MadeInForward(Model):
    input = (3, 8, 8)

    def forward(self, x):
        x = nn.ReLU()(nn.ConstantPad2d(1, 0.0)(x))
        grid = torch.linspace(-1, 1, x.size(3)).expand(x.size(0), 1, x.size(2), -1)
        return torch.cat([x, grid], dim=1)


class CoordConv(Model):
    input = (3, 9, 12)

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(5, 4, 3)

    def forward(self, x):
        n, _, h, w = x.shape
        rows = torch.arange(h, dtype=x.dtype).view(1, 1, h, 1).repeat(n, 1, 1, w)
        columns = torch.arange(w, dtype=x.dtype).view(1, 1, 1, w).repeat(n, 1, h, 1)
        return self.c(torch.cat([x, rows, columns], 1))


class Conv3dTo2d(Model):
    input = (1, 9, 11, 12)

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv3d(1, 4, 3), nn.Conv2d(28, 8, 3)

    def forward(self, x):
        x = F.relu(self.a(x))
        x = x.view(x.size(0), x.size(1) * x.size(2), x.size(3), x.size(4))
        return self.b(x)


class SubPixel(Model):
    input = (4, 9, 9)

    def __init__(self):
        super().__init__()
        self.c, self.up = nn.Conv2d(4, 12, 3, padding=1), nn.PixelShuffle(2)

    def forward(self, x):
        return F.pixel_unshuffle(self.up(self.c(x)), 2) * 0.5 + x.repeat(1, 3, 1, 1) / 2


class ViewAfterPermute(Model):
    input = (4, 6, 5)
    fails = "forward:view"

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(4, 4, 1)

    def forward(self, x):
        return self.c(x).permute(0, 2, 3, 1).view(x.size(0), -1)


class ForgottenFlatten(Model):
    input = (3, 8, 8)
    fails = "fc"

    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4 * 6 * 6, 2)

    def forward(self, x):
        return self.fc(self.c(x))


class WrongChannels(Model):
    input = (3, 8, 8)
    fails = "blocks.1.0"

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([conv(3, 6), conv(8, 6)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class WrongMatmul(Model):
    input = (3, 8)
    fails = "forward:matmul"

    def forward(self, x):
        return x @ x


class OwnCheck(Model):
    input = (3, 30, 30)
    fails = "forward"

    def forward(self, x):
        if x.shape[2] % 32:
            raise ValueError(f"height {x.shape[2]} must divide by 32")
        return x


class TooSmall(Model):
    input = (3, 10, 10)
    fails = "features.6"

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *[nn.MaxPool2d(2) if n % 2 else nn.Conv2d(3, 3, 3, padding=1) for n in range(6)],
            nn.Conv2d(3, 3, 3),
        )

    def forward(self, x):
        return self.features(x)


class DeconvOutputPadding(Model):
    input = (3, 10, 10)
    fails = "up"

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(3, 3, 3, stride=2, output_padding=2)

    def forward(self, x):
        return self.up(x)


class ChangedByHand(Model):
    input = (1, 10, 10)

    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(1, 3, 3), nn.Linear(192, 5)
        self.fc.out_features = 10  # torch does not look at it

    def forward(self, x):
        return self.fc(self.c(x).flatten(1))


class Modulated(Model):
    """A convolution whose weights are made from a style, a group for each sample (Karras et al. 2020)."""

    input = (12,)

    def __init__(self):
        super().__init__()
        self.start, self.style = nn.Parameter(torch.randn(1, 6, 4, 4)), nn.Linear(12, 6)
        self.weight = nn.Parameter(torch.randn(1, 5, 6, 3, 3))

    def forward(self, z):
        n = z.size(0)
        weight = self.weight * self.style(z).view(n, 1, 6, 1, 1)
        weight = weight * torch.rsqrt(weight.pow(2).sum([2, 3, 4]) + 1e-8).view(n, 5, 1, 1, 1)
        x = self.start.repeat(n, 1, 1, 1).view(1, n * 6, 4, 4)
        x = F.conv2d(x, weight.view(n * 5, 6, 3, 3), padding=1, groups=n)
        return x.view(n, 5, x.size(2), x.size(3))


class Windows(Model):
    """Attention in windows; how many samples there are is worked out in Python (Liu et al. 2021)."""

    input = (3, 16, 16)

    def __init__(self):
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, 8, 2, 2), nn.LayerNorm(8)
        self.mix, self.head = nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x):
        x = self.patch(x).permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        y = (
            self.norm(x)
            .view(b, h // 4, 4, w // 4, 4, c)
            .permute(0, 1, 3, 2, 4, 5)
            .contiguous()
            .view(-1, 16, c)
        )
        y = self.mix(y)
        n = int(y.shape[0] / (h * w / 4 / 4))
        y = y.view(n, h // 4, w // 4, 4, 4, -1).permute(0, 1, 3, 2, 4, 5).contiguous().view(n, h, w, -1)
        return self.head((x + y).mean((1, 2)))


class ViewAfterLstm(Model):
    """With batch_first torch returns a transposed view."""

    input = (7, 5)
    fails = "forward:view"

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(5, 6, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0].view(x.size(0), -1)


class ViewAfterAttention(Model):
    input = (7, 8)
    fails = "forward:view"

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0].view(x.size(0), -1)


class WrongGrid(Model):
    """Torch says NotImplementedError, and not for want of data."""

    input = (1, 9, 9)
    fails = "forward:affine_grid"

    def __init__(self):
        super().__init__()
        self.theta = nn.Linear(81, 6)

    def forward(self, x):
        theta = self.theta(x.flatten(1)).view(-1, 2, 3)
        return F.grid_sample(x, F.affine_grid(theta, x.size()[1:], align_corners=False), align_corners=False)


class OneQuery(Model):
    """The query is given once, and not for every sample."""

    input = (7, 8)
    fails = "attention"

    def __init__(self):
        super().__init__()
        self.query, self.attention = (
            nn.Parameter(torch.zeros(1, 3, 8)),
            nn.MultiheadAttention(8, 2, batch_first=True),
        )

    def forward(self, x):
        return self.attention(self.query, x, x, need_weights=False)[0]


class WrongMask(Model):
    """A mask for one position more."""

    input = (7, 8)
    fails = "attention"

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        mask = torch.zeros(x.size(1), x.size(1) + 1)
        return self.attention(x, x, x, attn_mask=mask, need_weights=False)[0]


class Masked(Model):
    """Masks of every sort, in a stack of encoders that takes the sequence first."""

    input = (7, 8)

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        n, t = x.shape[:2]
        mask, padding = torch.zeros(t, t, dtype=torch.bool), torch.zeros(n, t, dtype=torch.bool)
        x = self.encoder(x.transpose(0, 1), mask=mask, src_key_padding_mask=padding).transpose(0, 1)
        return self.attention(x, x, x, key_padding_mask=padding, attn_mask=mask.expand(2 * n, t, t))[0]
