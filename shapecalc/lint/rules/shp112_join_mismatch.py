"""The inputs of a join do not fit together.

`Cat` wants all axes equal but the one along which it joins; `Add` and its like want each axis equal, or 1. Torch raises
`Sizes of tensors must match except in dimension 1`. In a U-Net the skip is larger where a pool has dropped a row that
the upsampling does not bring back: choose an input that divides, an `output_padding`, or a `Crop`.

Bad:
    input: 8x7x7
    layers:
      - skip: ReLU
      - MaxPool2d(2, padding=1)
      - ConvTranspose2d(8, 8, 2, stride=2)
      - Cat(x, skip)  # SHP112

Good:
    input: 8x8x8
    layers:
      - skip: ReLU
      - MaxPool2d(2)
      - ConvTranspose2d(8, 8, 2, stride=2)
      - Cat(x, skip)

Source: https://docs.pytorch.org/docs/stable/generated/torch.cat.html;
https://docs.pytorch.org/docs/stable/notes/broadcasting.html.
"""
