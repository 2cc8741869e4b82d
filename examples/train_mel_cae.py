"""Train `mel_cae.py`, as `shapecalc emit` wrote it, on mel spectrograms of 10 bands and 474 frames of speech.

    shapecalc emit mel_cae.arch.yaml --train -o mel_cae.py
    apt-get install alsa-utils
    python train_mel_cae.py

The data: the recordings of a voice that names loudspeakers ("front left", "rear right"), which Debian's package
alsa-utils installs in /usr/share/sounds/alsa. Seven of them are trained on, the eighth is reconstructed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import wave
from pathlib import Path

import torch
from mel_cae import MelCAE, train
from pictures import enlarged, errors, write_png
from torch import Tensor

EPOCHS = 40
BANDS, FRAMES = 10, 474
WINDOW, HOP = 1024, 120


def main() -> None:
    """Train on windows of seven recordings; reconstruct those of the eighth."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/sounds/alsa")
    files = sorted(path for path in folder.glob("*.wav") if path.stem != "Noise")
    if len(files) < 2:
        raise SystemExit(f"there are no recordings in {folder}: apt-get install alsa-utils")
    *seen, unseen = (windows(mel(path)) for path in files)
    samples = torch.cat(seen)
    with tempfile.TemporaryDirectory() as place:
        data, checkpoint = Path(place, "mel.pt"), Path(place, "checkpoint.pt")
        torch.save(samples, data)
        options = {"data": data, "checkpoint": checkpoint, "epochs": EPOCHS, "batch_size": 8}
        train(argparse.Namespace(**options, learning_rate=2e-3, seed=0, device="cpu", resume=False))
        model = MelCAE().eval()
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    with torch.no_grad():
        output = model(unseen)
    errors(f"{files[-1].stem}, not heard in training", output, unseen, samples.mean(0))
    pictures = [unseen[0, 0], output[0, 0], unseen[-1, 0], output[-1, 0]]
    write_png(Path("mel_cae.png"), torch.cat([enlarged(each.flip(0), 3) for each in pictures]))
    print("mel_cae.png: twice an original above its reconstruction, low bands below")


def mel(path: Path) -> Tensor:
    """The recording as BANDS x frames, in decibels over a range of 80, from 0 to 1."""
    with wave.open(str(path)) as file:
        rate, bytes_read = file.getframerate(), bytearray(file.readframes(file.getnframes()))
    signal = torch.frombuffer(bytes_read, dtype=torch.int16).float() / 2**15
    spectrum = torch.stft(signal, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True)
    power = filters(rate) @ spectrum.abs().square()
    decibels = 10 * torch.log10(power.clamp(min=1e-10))
    return ((decibels - decibels.max() + 80) / 80).clamp(0, 1)


def filters(rate: int) -> Tensor:
    """Triangles over the bins of the spectrum, evenly wide on the mel scale up to 8 kHz."""
    top = 2595 * torch.log10(torch.tensor(1 + 8000 / 700))
    edges = 700 * (10 ** (torch.linspace(0, 1, BANDS + 2) * top / 2595) - 1)
    bins = torch.linspace(0, rate / 2, WINDOW // 2 + 1)
    low, middle, high = (edges[start : start + BANDS, None] for start in range(3))
    return torch.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)).clamp(min=0)


def windows(spectrogram: Tensor, step: int = 4) -> Tensor:
    """All windows of FRAMES frames, every `step`th: count x 1 x BANDS x FRAMES."""
    return spectrogram.unfold(1, FRAMES, step).permute(1, 0, 2)[:, None].contiguous()


if __name__ == "__main__":
    main()
