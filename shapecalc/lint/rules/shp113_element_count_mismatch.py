"""A reshape asks for another number of elements than there are.

`Unflatten`, `View` and `Reshape` keep every number: the product of the new sizes must be that of the old ones. Torch
raises `shape '[64, 8, 7, 7]' is invalid for input of size ...`. One size may be -1: what is left, if it divides.

Bad:
    input: 392
    layers:
      - Unflatten(1, (8, 7, 8))  # SHP113

Good:
    input: 392
    layers:
      - Unflatten(1, (8, 7, 7))

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html.
"""
