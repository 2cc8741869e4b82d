"""The network returns another shape than `output:` states.

`output:` is the network's promise: the classes of a classifier, the map of a segmentation. The place is the layer that
last made the shape. Mend its channels or features, or what `output:` says.

Bad:
    input: 784
    output: 10
    layers:
      - Linear(784, 100)  # SHP202

Good:
    input: 784
    output: 10
    layers:
      - Linear(784, 10)

Source: the contract, docs/spec.md.
"""
