"""A shape is not written as one.

Sizes are positive integers or letters, joined by `x`: `1x10x474`, `3xHxW`. A shape stands for one sample, without its
batch; with `N` in it, it is the whole (`Nx3x64x64`).

Bad:
    input: 1x28x0  # SHP011
    layers:
      - ReLU

Good:
    input: 1x28x28
    layers:
      - ReLU

Source: shapes, docs/spec.md.
"""
