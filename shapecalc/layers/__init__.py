"""Every layer kind, a class each; importing this package fills `shapecalc.layer.KINDS`.

The families are the modules of this folder, found by looking: a new family is a new file, and nothing else.
"""

from __future__ import annotations

import os
from importlib import import_module

for _file in sorted(os.listdir(__path__[0])):
    if _file.endswith(".py") and not _file.startswith("_"):
        import_module(f"{__name__}.{_file[:-3]}")
