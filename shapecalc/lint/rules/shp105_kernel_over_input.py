"""The kernel is larger than the padded input.

A kernel of k with dilation d reaches over `d*(k-1) + 1` positions, and there must be so many: with padding p
`size + 2p >= d*(k-1) + 1`. Torch raises `Kernel size can't be greater than actual input size`. Mostly the layers above
have made the map smaller than was thought: an input that was square is flat now. Pad, take a smaller kernel, or drop
a stride above.

Bad:
    input: 1x4x28
    layers:
      - Conv2d(1, 8, 5)  # SHP105

Good:
    input: 1x4x28
    layers:
      - Conv2d(1, 8, 5, padding=1)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (Shape).
"""
