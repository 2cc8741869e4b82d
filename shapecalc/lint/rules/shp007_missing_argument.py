"""A layer lacks an argument that has no default.

Torch's constructor would raise `TypeError: __init__() missing 1 required positional argument`. A number that follows
from the input may be written `_`: `Conv2d(_, 8, 3)` takes its `in_channels` from what it is given.

Bad:
    input: 1x28x28
    layers:
      - Conv2d(1, 8)  # SHP007

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3)

Source: https://docs.pytorch.org/docs/stable/nn.html (each layer's page has its signature); docs/layers.md.
"""
