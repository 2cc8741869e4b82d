"""Train `digits_cae.py`, as `shapecalc emit` wrote it, on the 1,797 digits that scikit-learn ships.

    shapecalc emit digits_cae.arch.yaml --train -o digits_cae.py
    python train_digits_cae.py

The data: Alpaydin & Kaynak, optical recognition of handwritten digits (UCI), `sklearn.datasets.load_digits`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch
from digits_cae import DigitsCAE, train
from pictures import enlarged, errors, write_png
from sklearn.datasets import load_digits

EPOCHS = 60


def main() -> None:
    """Train on all but the last 297 digits; reconstruct those."""
    digits = torch.tensor(load_digits().images).float()[:, None] / 16
    seen, unseen = digits[:1500], digits[1500:]
    with tempfile.TemporaryDirectory() as folder:
        data, checkpoint = Path(folder, "digits.pt"), Path(folder, "checkpoint.pt")
        torch.save(seen, data)
        options = {"data": data, "checkpoint": checkpoint, "epochs": EPOCHS, "batch_size": 32}
        train(argparse.Namespace(**options, learning_rate=2e-3, seed=0, device="cpu", resume=False))
        model = DigitsCAE().eval()
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    with torch.no_grad():
        output = model(unseen)
    errors("297 digits not seen in training", output, unseen, seen.mean(0))
    pairs = [torch.cat([enlarged(unseen[i, 0], 6), enlarged(output[i, 0], 6)]) for i in range(12)]
    write_png(Path("digits_cae.png"), torch.cat(pairs, 1))
    print("digits_cae.png: originals above, reconstructions below")


if __name__ == "__main__":
    main()
