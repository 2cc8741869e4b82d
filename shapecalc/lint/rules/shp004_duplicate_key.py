"""A key stands twice in one mapping.

YAML asks for keys that are unique, and most readers keep the last one in silence: of two `decoder:` sections one
would be gone. Rename one of the two, or join them. Layers stand in lists, where the same kind may come often.

Bad:
    input: 1x28x28
    layers:
      - ReLU
    layers:  # SHP004
      - MaxPool2d(2)

Good:
    input: 1x28x28
    layers:
      - ReLU
      - MaxPool2d(2)

Source: https://yaml.org/spec/1.2.2/#3213-node-comparison (keys are unique).
"""
