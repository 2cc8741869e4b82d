"""The input has too many axes for the layer, or too few.

`Conv2d` takes (batch, channels, height, width). After `Flatten` there are two axes, and a sample given as `28x28`
has no channels. Torch raises `Expected 3D (unbatched) or 4D (batched) input to conv2d`. Mend what comes before: add the
channel (`1x28x28`), `Unflatten` the features, or take the kind for this rank (`Conv1d`).

Bad:
    input: 28x28
    layers:
      - Conv2d(1, 8, 3)  # SHP102

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (Shape).
"""
