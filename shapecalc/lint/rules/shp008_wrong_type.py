"""A value is of the wrong sort.

An argument, a var or a key has a value that it cannot take: a text for a number, a fraction for a count, a list for
a name. The message says what is expected. Torch would take some of these at first and raise in the first forward
pass.

Bad:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3, stride=1.5)  # SHP008

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3, stride=2)

Source: https://docs.pytorch.org/docs/stable/nn.html (each layer's page has its types); docs/layers.md.
"""
