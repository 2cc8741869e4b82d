"""A layer is given an argument that it has not.

Torch's constructor would raise `TypeError: __init__() got an unexpected keyword argument`, or would count too many
positional ones. Names are torch's: `kernel_size`, not `kernel`; `stride`, not `strides`. The help names the nearest.

Bad:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3, strides=2)  # SHP006

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3, stride=2)

Source: https://docs.pytorch.org/docs/stable/nn.html (each layer's page has its signature); docs/layers.md.
"""
