"""A forward puts other layers into its module.

`self.conv = nn.Conv2d(...)` inside `forward` makes a new layer, with new weights, at every call: nothing is learned in
it, an optimizer that was made before keeps the old one's parameters, and a checkpoint does not fit. Sizes are those of
the first call. The model is put back as it was found. Build every layer in `__init__`, or use a Lazy layer.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html.
"""

LEVEL = "warning"
