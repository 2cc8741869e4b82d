"""A reshape has mixed the samples of a batch.

N samples go in and other than N come out: `View(-1, 100)` on N samples of 400 features makes 4N of 100. Torch sees
nothing wrong, and a loss fails, or broadcasts, far from here. Write the batch: `View(N, -1)`, in code
`x.view(x.size(0), -1)`, or `Flatten(1)`.

Bad:
    input: 400
    layers:
      - View(-1, 100)  # SHP204

Good:
    input: 400
    layers:
      - View(N, 400)

Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html.
"""
