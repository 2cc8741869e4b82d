"""Nothing is left of an axis.

The layer's formula gives 0 or less: a transposed convolution whose padding crops all of it
(`(L-1)*s - 2p + d*(k-1) + op + 1 <= 0`), a slice behind the end, a resize by a factor that is too small. Torch raises
(`could not construct a memory descriptor` on the CPU), or at exactly 0 hands on a tensor without elements, of which
the next layer or the loss makes nothing. The note has the formula with its numbers.

Bad:
    input: 8x1x1
    layers:
      - ConvTranspose2d(8, 4, 3, padding=2)  # SHP106

Good:
    input: 8x1x1
    layers:
      - ConvTranspose2d(8, 4, 4)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html (Shape).
"""
