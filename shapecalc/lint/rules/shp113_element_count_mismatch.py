"""A reshape asks for another number of elements than there are.

`Unflatten`, `View` and `Reshape` keep every number: the product of the new sizes must be that of the old ones. Torch
raises `shape '[64, 8, 7, 7]' is invalid for input of size ...`. One size may be -1: what is left, if it divides.

A `View` moves no number in memory: where layers before it have turned axes round, torch raises `view size is not
compatible with input tensor's size and stride`. `Reshape` copies the numbers, and is the mend.

Bad:
    input: 392
    layers:
      - Unflatten(1, (8, 7, 8))  # SHP113

Bad (there are as many, but they do not lie one after another):
    input: 5x7
    layers:
      - Permute(0, 2, 1)
      - View(N, 35)  # SHP113

Good:
    input: 392
    layers:
      - Unflatten(1, (8, 7, 7))

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html.
"""
