"""A size's formula grows too large to be held.

Symbolic sizes are held exactly, as staircases with a period; strides that share few divisors, or factors that are no
fractions of small numbers, make the period grow without end. It is capped, and nothing is guessed beyond it. With
numbers in the place of letters (`--input 1x10x474`) every layer can be traced.

Source: sizes and their limits, docs/sizes.md.
"""
