"""A comment that is meant to silence a rule silences none.

The form is `# shapecalc: ignore[SHP302] reason`, with codes, their beginnings or names, and commas between them; on
the line of the finding, or alone on the line above. `# shapecalc: ignore-file[SHP302] reason` above everything else
in the file holds for all of it. A comment without brackets, with a name that no rule has, or with the code of something
that torch refuses (`SHP1xx`) does nothing: silenced or not, the network would not run.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # shapecalc: ignore # SHP905
      - ReLU  # shapecalc: ignore[kernel-over-input] it works here # SHP905

Good:
    input: 3x32x32
    layers:
      # shapecalc: ignore[SHP316] kept for an old checkpoint
      - Conv2d(3, 16, 3, padding=1)
      - BatchNorm2d(16)
      - ReLU
"""

LEVEL = "warning"
