"""The unpool's `output_size` is too far from the size that its window gives.

A pool makes the same windows of `stride` sizes; `output_size` chooses among them, and must lie less than a stride from
`(L-1)*stride - 2*padding + kernel_size`. Torch raises `invalid output_size ... (dim 0 must be between 4 and 8)`. Take
the size that the pool took.

Bad:
    input: 8x6x6
    layers:
      - pool: MaxPool2d(2, return_indices=True)
      - MaxUnpool2d(2, indices=pool, output_size=(9, 6))  # SHP118

Good:
    input: 8x6x6
    layers:
      - pool: MaxPool2d(2, return_indices=True)
      - MaxUnpool2d(2, indices=pool, output_size=(6, 6))

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html.
"""
