"""From a `torch.nn.Module` to an Arch: its own forward is run once, on tensors that have a shape and no data.

`run.Capture` runs it; `recorder` stands between the forward and torch. torch is imported here and nowhere else.
"""

from ..module import from_module as from_module
