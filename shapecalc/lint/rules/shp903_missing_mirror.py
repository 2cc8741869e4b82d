"""No decoder can be made for this encoder.

A layer of the encoder has no way back: it takes a sum over an axis, chooses some of the numbers, or mixes the batch;
or the style that was asked for has nothing to work on (no pool for `unpool`), or gives no exact decoder. The message
names the layer or the style. Put the layer behind the encoder, or ask for another style (`--style`).

Source: what each layer's mirror is, docs/mirror.md.
"""
