"""A layer is given too few inputs, or too many.

Most layers read one tensor; `MaxUnpool2d` reads `indices`, too, `Bilinear` and `Sub` read two, `Cat` two or more. What
is not named is the layer above. Torch raises `forward() missing 1 required positional argument`.

Bad:
    input: 8x8x8
    layers:
      - MaxPool2d(2, return_indices=True)
      - MaxUnpool2d(2)  # SHP117

Good:
    input: 8x8x8
    layers:
      - pool: MaxPool2d(2, return_indices=True)
      - MaxUnpool2d(2, indices=pool)

Source: the page of the layer, as https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html; joins,
docs/spec.md.
"""
