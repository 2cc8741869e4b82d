"""An axis is named that the input has not.

With the batch, a map has the axes 0 to 3, or -4 to -1. Torch raises `Dimension out of range`. Axis 0 is the batch
here, as in the forward pass.

Bad:
    input: 8x7x7
    layers:
      - Flatten(1, 4)  # SHP115

Good:
    input: 8x7x7
    layers:
      - Flatten(1, 3)

Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html; https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html.
"""
