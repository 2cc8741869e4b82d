"""The channels do not divide into the groups.

With `groups=g` each group gets `in_channels/g` channels and makes `out_channels/g`; both must come out even. The same
holds of `GroupNorm`, of `ChannelShuffle`, and of the heads of an attention (`embed_dim/num_heads`). The help is the
largest number that divides them.

Bad:
    input: 16x32x32
    layers:
      - Conv2d(16, 30, 3, groups=4)  # SHP104

Good:
    input: 16x32x32
    layers:
      - Conv2d(16, 32, 3, groups=4)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (groups).
"""
