"""The spec holds no layers.

A file, a section or a block that has nothing in it makes no network: write at least one layer under `layers:`, or
under `encoder:` and `decoder:`, each on a line that starts with `- `. Where nothing is to happen, `Identity` says so.

Bad:
    input: 1x28x28
    layers: []  # SHP003

Good:
    input: 1x28x28
    layers:
      - Identity

Source: the spec's keys, docs/spec.md.
"""
