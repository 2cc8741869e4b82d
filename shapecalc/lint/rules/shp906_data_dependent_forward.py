"""The forward depends on the numbers that go in.

`if x.sum() > 0`, `x.item()`, `x.nonzero()`: which layers run, or how large a tensor is, follows from the data, and
sizes are computed without data. Nothing is guessed. Move the decision out of `forward`, or check each way as a
module of its own.

Source: https://docs.pytorch.org/docs/stable/fx.html#limitations-of-symbolic-tracing.
"""

LEVEL = "warning"
