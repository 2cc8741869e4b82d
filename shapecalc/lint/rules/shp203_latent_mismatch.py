"""The code has another shape than `latent:` states.

`latent:` says what the encoder returns, so that a change above it is seen where it is made, and not in the decoder.
The place is the layer that last made the shape.

Bad:
    input: 784
    latent: 16
    encoder:
      - Linear(784, 32)  # SHP203
    decoder:
      - Linear(32, 784)

Good:
    input: 784
    latent: 32
    encoder:
      - Linear(784, 32)
    decoder:
      - Linear(32, 784)

Source: the contract, docs/spec.md.
"""
