"""A name is given twice.

Two layers of one block have the same name, or a layer has the name of a var: a join that says it could mean either,
and in torch the second attribute would replace the first. Blocks keep their names apart; the same name in two blocks
is fine.

Bad:
    input: 8x28x28
    layers:
      - conv: Conv2d(8, 8, 3, padding=1)
      - ReLU
      - conv: Conv2d(8, 8, 3, padding=1)  # SHP010

Good:
    input: 8x28x28
    layers:
      - conv1: Conv2d(8, 8, 3, padding=1)
      - ReLU
      - conv2: Conv2d(8, 8, 3, padding=1)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html (`add_module`); docs/spec.md.
"""
