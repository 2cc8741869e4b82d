"""The mode does not go with the input or with another argument.

Resizing has a mode for each rank: `linear` for one spatial axis, `bilinear` and `bicubic` for two, `trilinear` for
three; `align_corners` goes with these alone. Torch raises `Got 4D input, but linear mode needs 3D input`.

Bad:
    input: 8x7x7
    layers:
      - Upsample(scale_factor=2, mode="linear")  # SHP114

Good:
    input: 8x7x7
    layers:
      - Upsample(scale_factor=2, mode="bilinear")

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html (mode).
"""
