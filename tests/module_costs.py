"""Models whose costs lie outside of their layers: shared weights, parameters of their own, views, attention, states."""

# mypy: ignore-errors
from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


class Tied(nn.Module):
    """A decoder with the encoder's weights, a module called twice, and one that nothing calls."""

    input = (1, 12, 12)

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Linear(144, 8), nn.Linear(8, 144, bias=False)
        self.first, self.second = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, padding=1)
        self.second.weight, self.unused = self.first.weight, nn.Linear(3, 5)

    def forward(self, x):
        y = F.linear(torch.relu(self.down(x.flatten(1))), self.down.weight.t()) + self.up(
            self.down(x.flatten(1))
        )
        y = y.view(-1, 1, 12, 12)
        return self.second(self.first(self.first(y)))


class Conditional(nn.Module):
    """A scale and a shift of its own, a gate, and channels that lie last."""

    input = (4, 8, 10)

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(4, 8, 3, padding=1), nn.LayerNorm(4)
        self.scale, self.wide, self.narrow = nn.Parameter(torch.ones(4)), nn.Linear(4, 16), nn.Linear(16, 4)
        self.register_buffer("mean", torch.zeros(1, 4, 1, 1))

    def forward(self, x):
        a, b = self.stem(x - self.mean).chunk(2, dim=1)
        x = torch.tanh(a) * torch.sigmoid(b)
        y = self.narrow(F.gelu(self.wide(self.norm(x.permute(0, 2, 3, 1)))))
        return x + (self.scale * y).permute(0, 3, 1, 2)


class Diffusion(nn.Module):
    """The attention of a U-Net: one convolution for queries, keys and values."""

    input = (8, 6, 5)

    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.out = nn.GroupNorm(4, 8), nn.Conv2d(8, 24, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, 3 * c, h * w).chunk(3, dim=1)
        weights = torch.softmax(torch.bmm(q.transpose(1, 2), k) * c**-0.5, dim=-1)
        return x + self.out(torch.bmm(v, weights.transpose(1, 2)).reshape(b, c, h, w))


class Crnn(nn.Module):
    """Columns of pictures read as a sequence, both ways."""

    input = (1, 8, 20)

    def __init__(self):
        super().__init__()
        self.conv, self.pool = nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2)
        self.rnn = nn.GRU(16, 6, num_layers=2, dropout=0.1, bidirectional=True, batch_first=True)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        y, _ = self.rnn(x.permute(0, 3, 1, 2).flatten(2))
        return F.log_softmax(self.head(y), dim=-1)


class Encoder(nn.Module):
    """Patches, places, and a stack of encoders."""

    input = (3, 16, 16)

    def __init__(self):
        super().__init__()
        self.patch, self.place = nn.Conv2d(3, 12, 4, 4), nn.Parameter(torch.zeros(1, 16, 12))
        layer = nn.TransformerEncoderLayer(12, 3, 20, activation="gelu", batch_first=True, norm_first=True)
        self.blocks, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(12, 3)

    def forward(self, x):
        return self.head(self.blocks(self.patch(x).flatten(2).transpose(1, 2) + self.place).mean(1))


class Queries(nn.Module):
    """Learned queries that attend to a picture."""

    input = (3, 8, 8)

    def __init__(self):
        super().__init__()
        self.patch, self.queries = nn.Conv2d(3, 12, 4, 4), nn.Parameter(torch.zeros(5, 12))
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)

    def forward(self, x):
        memory = self.patch(x).flatten(2).transpose(1, 2)
        queries = self.queries.unsqueeze(0).expand(x.size(0), -1, -1)
        return self.attention(queries, memory, memory, need_weights=False)[0]


class Products(nn.Module):
    """Products of matrices under other names."""

    input = (6, 7)

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Parameter(torch.randn(7, 4)), nn.Linear(4, 4)

    def forward(self, x):
        y = self.two(torch.einsum("nlc,cd->nld", x, self.one))
        y = torch.baddbmm(y, y, torch.einsum("nld,nle->nde", y, y))
        return F.scaled_dot_product_attention(y[:, None], y[:, None], y[:, None])


class Sampled(nn.Module):
    """The sampling of a variational autoencoder, written with operators."""

    input = (1, 16, 16)

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 8, 4, 4), nn.ConvTranspose2d(4, 1, 4, 4)

    def forward(self, x):
        mu, log_variance = self.down(x).chunk(2, dim=1)
        z = mu + (log_variance / 2).exp() * torch.randn_like(mu)
        return torch.sigmoid(self.up(z)), mu, (1 + log_variance - mu**2 - log_variance.exp()).sum()


MODELS = (Tied, Conditional, Diffusion, Crnn, Encoder, Queries, Products, Sampled)
