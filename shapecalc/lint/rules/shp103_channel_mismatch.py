"""The input has other channels than the layer was made for.

A convolution holds weights for `in_channels` channels, a batch norm statistics for `num_features`. Torch raises
`expected input[2, 16, 30, 30] to have 32 channels, but got 16 channels instead`. The number must be that which the
layer above returns, or after a `Cat` the sum; `_` takes it from there.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3)
      - ReLU
      - Conv2d(32, 64, 3)  # SHP103

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3)
      - ReLU
      - Conv2d(16, 64, 3)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (in_channels).
"""
