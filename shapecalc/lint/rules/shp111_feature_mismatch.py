"""The last axis has other features than the layer was made for.

A `Linear` multiplies the last axis with a matrix of `in_features` columns. Torch raises `mat1 and mat2 shapes cannot
be multiplied (64x13056 and 153600x2048)`: 64 samples of 13056 features, and 153600 expected. Behind a `Flatten` the
features are C*H*W of this input size: for another input they are others. Write the number, or `_`, or put an
`AdaptiveAvgPool2d` before the `Flatten`. Where the `Flatten` is missing, the note says so.

Bad:
    input: 8x7x7
    layers:
      - Flatten
      - Linear(800, 10)  # SHP111

Good:
    input: 8x7x7
    layers:
      - Flatten
      - Linear(392, 10)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html (in_features).
"""
