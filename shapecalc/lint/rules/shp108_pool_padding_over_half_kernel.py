"""A pool is padded by more than half of its kernel.

With `padding > kernel_size/2` a window could lie on padding alone, and its maximum would be minus infinity. Torch
raises `pad should be at most half of effective kernel size`. Take `padding = kernel_size//2`, or pad in a layer of its
own before.

Bad:
    input: 8x32x32
    layers:
      - MaxPool2d(2, padding=2)  # SHP108

Good:
    input: 8x32x32
    layers:
      - MaxPool2d(2, padding=1)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html (padding).
"""
