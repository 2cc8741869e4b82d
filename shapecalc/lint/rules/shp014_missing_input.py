"""No input size is known.

Sizes follow from the input's. Write `input: 1x28x28` into the file, or give `--input 1x28x28`; letters stand for any
size (`1xHxW`).

Source: the spec's keys, docs/spec.md.
"""
