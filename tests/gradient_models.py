"""Models that cut, pause or recompute the gradient: detach, no_grad, checkpoints, frozen weights, evaluation, copies."""

# mypy: ignore-errors
from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential


def conv(taken, made, **more):
    return nn.Conv2d(taken, made, 3, padding=1, **more)


class _Model(nn.Module):
    input = (3, 8, 8)

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = conv(3, 4), conv(4, 4), conv(4, 2)
        self.norm = nn.BatchNorm2d(4)
        self.setup()

    def setup(self):
        pass


def _frozen(module):
    for parameter in module.parameters():
        parameter.requires_grad = False
    return module


class Detached(_Model):
    """A target without a gradient: what computes it keeps nothing behind the cut."""

    def forward(self, x):
        x = torch.sigmoid(self.a(x))
        y = torch.sigmoid(x.detach())
        return self.c(self.b(x) * y)


class DetachedInput(_Model):
    def forward(self, x):
        x = torch.relu(self.a(x)).detach()
        return self.c(torch.relu(self.b(torch.sigmoid(x))))


class DetachedInPlace(_Model):
    def forward(self, x):
        x = self.a(x)
        x.detach_()
        return self.b(torch.tanh(x))


class Data(_Model):
    def forward(self, x):
        x = self.a(x)
        return self.b(torch.tanh(x)) + torch.tanh(x.data)


class StraightThrough(_Model):
    """The quantizer of a VQ-VAE: its rounding has no gradient."""

    def forward(self, x):
        z = self.b(torch.relu(self.a(x)))
        q = torch.round(z)
        z = z + (q - z).detach()
        return self.c(torch.tanh(z))


class Paused(_Model):
    """A backbone under no_grad."""

    def forward(self, x):
        with torch.no_grad():
            x = torch.sigmoid(self.norm(self.a(x)))
        return self.c(torch.sigmoid(self.b(x)))


class PausedByDecorator(_Model):
    @torch.no_grad()
    def features(self, x):
        return torch.sigmoid(self.a(x))

    def forward(self, x):
        x = self.features(x)
        return self.c(torch.sigmoid(self.b(x)))


class PausedBySetting(_Model):
    def forward(self, x):
        x = torch.sigmoid(self.a(x))
        with torch.set_grad_enabled(False):
            gate = torch.sigmoid(self.b(x))
            with torch.enable_grad():
                x = torch.sigmoid(self.norm(self.b(x)))
        return self.c(x * gate)


class PausedInPart(_Model):
    """Weights of a product from a pause: the product keeps them for the gradient of the other."""

    def forward(self, x):
        x = self.a(x)
        with torch.no_grad():
            weights = torch.softmax(self.b(x), 1)
        return self.c(x * weights + x / (1 + weights))


class PausedViews(_Model):
    """A view has its tensor's gradient even where it is made in a pause; a copy has not."""

    def forward(self, x):
        x = self.a(x)
        with torch.no_grad():
            y, z = x.transpose(2, 3), x.transpose(1, 2).reshape(-1, 4, 8, 8)
        return torch.tanh(torch.sigmoid(y)) + torch.tanh(torch.sigmoid(z))


class AsksForGradient(_Model):
    """As the dense blocks that save memory only where there is some to save."""

    def forward(self, x):
        y = torch.sigmoid(x) if x.requires_grad else x
        y = self.a(y)
        y = torch.sigmoid(torch.sigmoid(y)) if y.requires_grad and torch.is_grad_enabled() else y
        return self.b(y.detach() if y.detach().requires_grad else torch.tanh(y))


class MadeALeaf(_Model):
    """A gradient with respect to the input, as penalties take it."""

    def forward(self, x):
        x.requires_grad_(True)
        return self.a(torch.sigmoid(x))


class Recomputed(_Model):
    def forward(self, x):
        x = checkpoint(lambda y: torch.sigmoid(self.norm(self.a(y))), x, use_reentrant=False)
        x = checkpoint(lambda y: torch.sigmoid(self.b(y)) * 2, x, use_reentrant=False)
        return self.c(torch.sigmoid(x))


class RecomputedReentrant(_Model):
    def forward(self, x):
        x = torch.sigmoid(self.a(x))
        x = checkpoint(lambda y: torch.sigmoid(self.b(y)), x, use_reentrant=True)
        return self.c(torch.sigmoid(x))


class RecomputedReentrantFromInput(_Model):
    """What no tensor with a gradient goes into has none."""

    def forward(self, x):
        x = checkpoint(lambda y: torch.sigmoid(self.a(y)), x, use_reentrant=True)
        return self.c(torch.sigmoid(self.b(torch.sigmoid(x))))


class RecomputedInSequence(_Model):
    def setup(self):
        self.body = nn.Sequential(
            self.a, nn.ReLU(), self.b, nn.SiLU(), self.norm, nn.Sigmoid(), self.c, nn.Tanh()
        )

    def forward(self, x):
        return checkpoint_sequential(self.body, 3, x, use_reentrant=False)


class RecomputedWithin(_Model):
    """Checkpoints in a checkpoint: the inner ones keep nothing more."""

    def forward(self, x):
        def block(y, z):
            y = checkpoint(lambda y: torch.sigmoid(self.b(y)), y, use_reentrant=False)
            return torch.tanh(y) * z

        x = self.a(x)
        x = checkpoint(block, x, torch.sigmoid(x), use_reentrant=False)
        return self.c(x)


class RecomputedOfDetached(_Model):
    def forward(self, x):
        x = self.a(x)
        y = checkpoint(self.b, x.detach(), use_reentrant=False)
        with torch.no_grad():
            z = checkpoint(self.b, x, use_reentrant=False)
        return self.c(torch.sigmoid(y) + z)


class Frozen(_Model):
    """A frozen backbone in front of a head."""

    def setup(self):
        _frozen(self.a), _frozen(self.norm)

    def forward(self, x):
        x = torch.sigmoid(self.norm(self.a(x)))
        return self.c(torch.relu(self.b(x)))


class FrozenBehind(_Model):
    """A frozen critic behind what is trained: its activations are kept, what only its weights need is not."""

    def setup(self):
        self.head = nn.Sequential(
            nn.Linear(256, 10), nn.GELU(), nn.LayerNorm(10), nn.Linear(10, 6), nn.PReLU()
        )
        _frozen(self.b), _frozen(self.c), _frozen(self.head), _frozen(self.norm)
        self.up = _frozen(nn.ConvTranspose2d(2, 2, 2, 2))

    def forward(self, x):
        x = self.up(self.c(torch.relu(self.norm(self.b(torch.relu(self.a(x)))))))
        return self.head(x.flatten(2))[:, :, :3]


class FrozenWeights(_Model):
    """Biases alone are trained (BitFit)."""

    def setup(self):
        self.head = nn.Linear(128, 10)
        for name, parameter in self.named_parameters():
            parameter.requires_grad = name.endswith("bias")

    def forward(self, x):
        x = self.c(torch.relu(self.norm(self.b(torch.relu(self.a(x))))))
        return torch.sigmoid(self.head(x.flatten(1)))


class LowRank(_Model):
    """A frozen linear map and a trained one of low rank beside it."""

    input = (6, 8)

    def setup(self):
        self.base, self.down, self.up = _frozen(nn.Linear(8, 8)), nn.Linear(8, 2, bias=False), nn.Linear(2, 8)
        self.last, self.scale = _frozen(nn.Linear(8, 5)), nn.Parameter(torch.ones(1), requires_grad=False)

    def forward(self, x):
        x = torch.tanh(self.base(x))
        return self.last(torch.tanh(self.base(x) + self.up(self.down(x)) * self.scale)).mean(1)


class FrozenAttention(_Model):
    input = (6, 8)

    def setup(self):
        self.first = nn.Linear(8, 8)
        self.layer = _frozen(nn.TransformerEncoderLayer(8, 2, 12, batch_first=True))
        self.attention = _frozen(nn.MultiheadAttention(8, 2, batch_first=True))

    def forward(self, x):
        x = self.layer(self.first(x))
        return self.attention(x, x, x)[0]


class Evaluated(_Model):
    """Norms and dropouts in evaluation, in a network that is trained."""

    def setup(self):
        self.drop, self.noise = nn.Dropout(0.3), nn.Dropout2d(0.3)
        self.norm.eval()
        self.drop.eval()

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        self.drop.eval()
        return self

    def forward(self, x):
        x = torch.relu(self.drop(self.norm(self.b(self.a(x)))))
        return self.c(F.dropout(self.noise(x), 0.4, training=False))


class FunctionalDropout(_Model):
    def forward(self, x):
        x = F.dropout(self.a(x), 0.4, self.training)
        return self.c(F.dropout2d(torch.relu(self.b(x)), training=self.training))


class Cloned(_Model):
    """A copy is a tensor of its own, of which several layers keep one."""

    def forward(self, x):
        x = self.a(x)
        y = x.clone()
        return self.c(self.b(y) + self.b(y) + self.b(x))


class ClonedBeforeAStep(_Model):
    def forward(self, x):
        x = self.a(x)
        y = F.relu_(x.clone())
        return self.c(torch.sigmoid(x) * y)


class Contiguous(_Model):
    """One copy in a row for three projections; of what lies in a row already, none."""

    def setup(self):
        self.q, self.k, self.v = (nn.Linear(4, 4, bias=False) for _ in range(3))

    def forward(self, x):
        x = self.a(x).contiguous().flatten(2).transpose(1, 2)
        y = x.contiguous()
        z = self.q(y) + self.k(y) * self.v(y)
        return torch.tanh(z.transpose(1, 2).contiguous()).view(-1, 4, 8, 8)


class SameType(_Model):
    def forward(self, x):
        x = self.a(x.float())
        return self.c(torch.tanh(self.b(x.to(torch.float32)).type_as(x)))


class Quantized(_Model):
    """A codebook: the nearest of its vectors, chosen in a pause."""

    def setup(self):
        self.book, self.up = nn.Embedding(16, 4), nn.ConvTranspose2d(4, 3, 4, 2, 1)

    def forward(self, x):
        x = self.b(torch.relu(self.a(x)))
        rows = x.permute(0, 2, 3, 1).reshape(-1, 4)
        with torch.no_grad():
            nearest = (self.book.weight.pow(2).sum(1) - 2 * rows @ self.book.weight.t()).argmin(1)
        codes = self.book(nearest).view(x.size(0), 8, 8, 4).permute(0, 3, 1, 2)
        return self.up(x + (codes - x).detach())


class Judged(_Model):
    """A generator, judged with and without its own gradient."""

    def forward(self, x):
        made = torch.tanh(self.a(x))
        return F.leaky_relu(self.b(made.detach()), 0.2), F.leaky_relu(self.b(made), 0.2)


class Momentum(_Model):
    """A target network that nobody trains, and a prediction of what it says."""

    def setup(self):
        self.target = _frozen(nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), nn.ReLU()))

    def forward(self, x):
        y = F.normalize(self.b(torch.relu(self.norm(self.a(x)))), dim=1)
        with torch.no_grad():
            target = F.normalize(self.target(x.flip(-1)), dim=1)
        return 2 - 2 * (y * target.detach()).sum(1)


class Adapted(_Model):
    """Two matrices of low rank beside a frozen map."""

    input = (6, 8)

    def setup(self):
        self.base, self.drop, self.first = _frozen(nn.Linear(8, 8)), nn.Dropout(0.1), nn.LayerNorm(8)
        self.left, self.right = nn.Parameter(torch.rand(2, 8)), nn.Parameter(torch.zeros(8, 2))

    def forward(self, x):
        x = self.first(x)
        return torch.tanh(self.base(x) + (self.drop(x) @ self.left.T @ self.right.T) * 2.0)


class Heads(_Model):
    """Queries, keys and values of one map, taken apart."""

    input = (6, 12)

    def setup(self):
        self.into, self.out = nn.Linear(12, 36), nn.Linear(12, 12)

    def forward(self, x):
        count, length, width = x.shape
        q, k, v = self.into(x).reshape(count, length, 3, 3, 4).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        return self.out(x.reshape(count, length, width)).mean(1)


class Recurrent(_Model):
    """Both directions of two layers, and the last states."""

    input = (5, 7)

    def setup(self):
        self.rnn = nn.LSTM(7, 9, 2, batch_first=True, bidirectional=True, dropout=0.1)
        self.out = nn.Linear(18, 5)

    def forward(self, x):
        y, (state, _) = self.rnn(x)
        return self.out(y) + self.out(torch.cat([state[-1], state[-2]], 1))[:, None]


class FunctionalHeads(_Model):
    input = (6, 8)

    def setup(self):
        self.first, self.heads = nn.Linear(8, 8), nn.MultiheadAttention(8, 2)

    def forward(self, x):
        x, m = self.first(x).transpose(0, 1), self.heads
        weights = m.in_proj_weight, m.in_proj_bias, None, None, False, 0.0, m.out_proj.weight, m.out_proj.bias
        return F.multi_head_attention_forward(x, x, x, 8, 2, *weights, need_weights=False)[0].mean(0)


MODELS = [
    one
    for one in list(globals().values())
    if isinstance(one, type) and issubclass(one, _Model) and one is not _Model
]
