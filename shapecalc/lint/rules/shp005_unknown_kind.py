"""A layer's kind is not known.

Kinds are called as in `torch.nn`, with the same capitals; joins and methods of tensors (`Cat`, `Add`, `View`,
`Permute`) have names of their own. The help names the nearest kind. A module of your own is read from its code
(`shapecalc check model.py:ClassName`), or written out as the layers that it is made of.

Bad:
    input: 1x28x28
    layers:
      - Conv2D(1, 8, 3)  # SHP005

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3)

Source: https://docs.pytorch.org/docs/stable/nn.html; docs/layers.md.
"""
