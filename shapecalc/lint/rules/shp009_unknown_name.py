"""A name stands for nothing.

An argument uses a name that `vars:` does not have, or a join names a layer that does not stand above it. A join reads
layers above it alone, by their names or paths (`enc1`, `encoder.2`); a name that several blocks have is read as the
nearest, and where none is nearer it is refused and its paths are listed.

Bad:
    input: 8x28x28
    layers:
      - first: Conv2d(8, 8, 3, padding=1)
      - ReLU
      - Add(frist, x)  # SHP009

Good:
    input: 8x28x28
    layers:
      - first: Conv2d(8, 8, 3, padding=1)
      - ReLU
      - Add(first, x)

Source: names and joins, docs/spec.md.
"""
