"""`padding='same'` with a stride.

'same' pads `d*(k-1)` positions in all so that as many come out as go in; with a stride that cannot be. Torch raises
`padding='same' is not supported for strided convolutions`. For ceil(size/stride) of an odd kernel, write
`padding=k//2`.

Bad:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3, stride=2, padding="same")  # SHP110

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3, stride=2, padding=1)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (padding).
"""
