"""The layer's constructor, or any forward pass, refuses this value.

A value of the right sort that the layer cannot have: a stride of 0, a slope that is infinite, `max_val` below
`min_val`, an `eps` of 0. Torch raises where the layer is made, or in the first forward pass, whatever goes in. The
message has the condition; the help, where there is one, the nearest value that is taken.

Bad:
    input: 16
    layers:
      - Hardtanh(1.0, -1.0)  # SHP101

Good:
    input: 16
    layers:
      - Hardtanh(-1.0, 1.0)

Source: the page of the layer, as https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html.
"""
