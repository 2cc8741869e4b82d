"""The spec is larger than the reader goes along with.

Depth of nesting, length of a number, layers that a repeat makes, what aliases expand to, and the file itself are
capped, so that a small file cannot take hours or all of the memory. The message has the cap. No network that is
trained comes near.

Bad:
    input: 1x28x28
    layers:
      - repeat: 1000000  # SHP012
        layers:
          - ReLU

Good:
    input: 1x28x28
    layers:
      - repeat: 10
        layers:
          - Conv2d(1, 1, 3, padding=1)
          - ReLU

Source: the reader's limits, docs/spec.md.
"""
