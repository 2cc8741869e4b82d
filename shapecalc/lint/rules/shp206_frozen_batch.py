"""The batch is written as a number.

`x.view(64, -1)` is right for batches of 64 alone. The last batch of an epoch is smaller, evaluation takes one sample:
then torch raises, or, where the elements divide, mixes samples in silence. Write `x.size(0)`.

Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html.
"""
