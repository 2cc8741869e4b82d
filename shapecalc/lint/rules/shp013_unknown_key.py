"""A key is none of those that may stand there.

The spec has `name`, `input`, `range`, `vars`, `profile`, its sections, `output` and `latent`; a repeat has `repeat`
and `layers`; an item of a list is one layer. A key that is misspelt would otherwise be ignored, and with it what it
says. The help names the nearest.

Bad:
    inputs: 1x28x28  # SHP013
    layers:
      - ReLU

Good:
    input: 1x28x28
    layers:
      - ReLU

Source: the spec's keys, docs/spec.md.
"""
