"""The output padding is as large as the stride and the dilation, or larger.

`output_padding` chooses among the sizes that the convolution with this stride would have made the input of: there are
`stride` of them, so that it must be smaller than the stride (or the dilation). Torch raises `output padding must be
smaller than either stride or dilation`. (Its meta device does not.) For the size that was, take
`output_padding = (size + 2p - d*(k-1) - 1) % stride`.

Bad:
    input: 8x7x7
    layers:
      - ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=2)  # SHP109

Good:
    input: 8x7x7
    layers:
      - ConvTranspose2d(8, 4, 4, stride=2, padding=1)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html (output_padding).
"""
