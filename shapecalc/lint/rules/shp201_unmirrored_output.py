"""The decoder does not return the input's size.

With an encoder and a decoder, what comes out is to be what went in: every reconstruction loss compares them number by
number, and some broadcast in silence where they differ. Walking from the code outwards, the first layer of the decoder
that does not give back what its partner in the encoder took is the one to mend: mostly the `output_padding` of a
transposed layer, whose partner's floor has dropped `(size + 2p - d*(k-1) - 1) % stride` positions. A decoder of plain
convolutions has no layer that enlarges, and the note says so. Where something else is to come out, state `output:`.

Bad:
    input: 1x28x28
    encoder:
      - Conv2d(1, 2, 4, stride=2, padding=1)
    decoder:
      - Conv2d(2, 1, 3, padding=1)  # SHP201

Good:
    input: 1x28x28
    encoder:
      - Conv2d(1, 2, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(2, 8, 4, stride=2, padding=1)
    decoder:
      - ConvTranspose2d(8, 2, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(2, 1, 4, stride=2, padding=1)

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.
"""
