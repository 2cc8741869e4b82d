"""A loss broadcasts its two arguments.

Elementwise losses take what broadcasts: of (32, 1, 10, 474) and (32, 10, 474) they make (32, 32, 10, 474), every
sample against every other one, and the number that comes out is no loss. Torch warns once (`Using a target size that
is different to the input size`) and goes on. Give both the same shape: `squeeze(1)` one of them, or `unsqueeze(1)` the
other.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html; https://docs.pytorch.org/docs/stable/notes/broadcasting.html.
"""

LEVEL = "warning"
