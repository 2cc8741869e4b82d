"""A comment silences what is not found.

`# shapecalc: ignore[...]` names a rule that was on and found nothing where the comment stands: the layer was
mended, the comment is on the wrong line, or it names the wrong rule. A comment that stays behind would silence
the next finding of that rule without anybody having looked at it. The fix takes the code out of the list, and the
comment away when it is empty.

A comment is not looked at where its rule is off, nor while some layer of the network cannot run.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # shapecalc: ignore[folded-batch] seen in review # SHP904
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # shapecalc: ignore[bias-before-norm] kept for an old checkpoint
      - BatchNorm2d(16)
      - ReLU
"""

LEVEL = "warning"
