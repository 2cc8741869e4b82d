"""The padding takes more from the input than there is.

Padding by reflection mirrors at the border: there must be more positions than are padded (`p < size`). Circular
padding goes round at most once (`p <= size`). And a negative padding, which crops, must leave something. Torch raises
`Padding size should be less than the corresponding input dimension`. Zeros can be padded without end.

Bad:
    input: 1x2x28
    layers:
      - ReflectionPad2d(2)  # SHP107

Good:
    input: 1x2x28
    layers:
      - ZeroPad2d(2)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html.
"""
