"""A variational autoencoder's own part: two heads on the code, a draw between them, and their divergence."""

from __future__ import annotations

from ..shapes import N, Shape

#: Written after the class.
DIVERGENCE = '''
def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """From the code's distribution to the standard normal one, a mean over samples."""
    each = mean.square() + log_variance.exp() - 1 - log_variance
    return 0.5 * each.flatten(1).sum(1).mean()
'''

REPARAMETERISE = '''
    def reparameterise(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """A draw from the code's distribution; its mean when not training."""
        if not self.training:
            return mean
        return mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
'''


def head(code: Shape, channels: str | None = None) -> str:
    """A linear map of the code's channels at every place, or of its last axis where it has no channels.

    >>> head((N, 8, 2, 60))
    'nn.Conv2d(8, 8, 1)'
    """
    if _has_channels(code):
        width = channels or str(code[1])
        return f"nn.Conv{len(code) - 2}d({width}, {width}, 1)"
    width = channels or str(code[-1]) if len(code) == 2 else str(code[-1])
    return f"nn.Linear({width}, {width})"


def parameters(code: Shape) -> int:
    """The learned numbers of one head."""
    size = code[1] if _has_channels(code) else code[-1]
    assert isinstance(size, int)
    return size * size + size


def _has_channels(code: Shape) -> bool:
    return 3 <= len(code) <= 5 and code[0] == N and isinstance(code[1], int)
