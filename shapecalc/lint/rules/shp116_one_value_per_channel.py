"""A norm has one value for each channel, and no variance.

In training `BatchNorm` needs `N*H*W > 1`, `InstanceNorm` `H*W > 1` for each sample: of one value the variance is 0
and the result is its own bias. Torch raises `Expected more than 1 spatial element when training` (`more than 1 value
per channel` for `BatchNorm`). The map has become 1x1: norm before that, take a `LayerNorm`, or a larger input. A batch
of one sample does it to `BatchNorm` at a 1x1 map, too (`drop_last=True` in the loader helps); sizes here are those of
larger batches.

Bad:
    input: 8x4x4
    layers:
      - AvgPool2d(4)
      - InstanceNorm2d(8)  # SHP116

Good:
    input: 8x4x4
    layers:
      - InstanceNorm2d(8)
      - AvgPool2d(4)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html.
"""
