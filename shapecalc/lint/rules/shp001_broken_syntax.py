"""The file is no YAML, or a layer is no call.

Either the YAML reader stops (a quote or a bracket that is not closed, a tab for indentation), or the text of one
layer does not read as `Kind(arguments)`. The place is the first character that does not fit. Arguments are numbers,
texts, tuples, names of `vars` and `+ - * // ( )`: nothing is evaluated as Python.

Bad:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3  # SHP001
      - ReLU

Good:
    input: 1x28x28
    layers:
      - Conv2d(1, 8, 3)
      - ReLU

Source: the spec's grammar, docs/spec.md; https://yaml.org/spec/1.2.2/.
"""
