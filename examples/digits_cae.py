"""DigitsCAE, made by `shapecalc emit` from `digits_cae.arch.yaml`."""

import argparse
import os
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

SAMPLE = torch.Size([1, 8, 8])


class DigitsCAE(nn.Module):
    """1x8x8 to a code of 10, back to 1x8x8.

    Sizes are of one sample; 12,267 parameters.
    Returns its input's size for H = 8 and W = 8.
    """

    def __init__(self, *, width: int = 16) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 3, stride=2, padding=1),  # 16x4x4
            nn.ReLU(),  # 16x4x4
            nn.Conv2d(width, 32, 3, stride=2, padding=1),  # 32x2x2
            nn.ReLU(),  # 32x2x2
            nn.Flatten(),  # 128
            nn.Linear(128, 10),  # 10
        )
        self.decoder = nn.Sequential(
            nn.Linear(10, 128),  # 128
            nn.Unflatten(1, (32, 2, 2)),  # 32x2x2
            nn.ReLU(),  # 32x2x2
            # 16x4x4
            nn.ConvTranspose2d(32, width, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),  # 16x4x4
            # 1x8x8
            nn.ConvTranspose2d(width, 1, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),  # 1x8x8
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """The code."""
        x = self.encoder(x)  # 10
        return x

    def decode(self, x: Tensor) -> Tensor:
        """The input again, from its code."""
        x = self.decoder(x)  # 1x8x8
        return x


class Samples(Dataset[Tensor]):
    """Samples in a directory of .npy and .pt files, one in each, or in one such file.

    Files of a directory are read when they are asked for; one file holds all samples,
    along its first axis.
    """

    def __init__(self, path: Path) -> None:
        self.items: list[Path] | Tensor
        if path.is_dir():
            files = sorted(path.iterdir())
            self.items = [file for file in files if file.suffix in (".npy", ".pt")]
        else:
            self.items = read(path)
        if len(self.items) == 0:
            raise SystemExit(f"there are no samples in {path}")
        self.shape = self._item(0).shape
        if self.shape != SAMPLE:
            found, wanted = list(self.shape), list(SAMPLE)
            raise SystemExit(f"a sample is {found}, not {wanted}")

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Tensor:
        sample = self._item(index)
        found, wanted = list(sample.shape), list(self.shape)
        if found != wanted:
            raise ValueError(f"sample {index} is {found}, not {wanted}")
        return sample

    def _item(self, index: int) -> Tensor:
        item = self.items[index]
        return item if isinstance(item, Tensor) else read(item)


def read(path: Path) -> Tensor:
    """The tensor in a .npy or .pt file, as float32."""
    if path.suffix == ".npy":
        import numpy

        return torch.from_numpy(numpy.load(path)).float()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    return torch.as_tensor(stored).float()


def reconstruction_loss(output: Tensor, target: Tensor) -> Tensor:
    """The mean squared error; other shapes are refused, where torch would broadcast."""
    found, wanted = list(output.shape), list(target.shape)
    if found != wanted:
        raise ValueError(f"the output is {found}, and the target {wanted}")
    return F.mse_loss(output, target)


def train(options: argparse.Namespace) -> None:
    """Reconstruct the samples; every epoch ends with a checkpoint."""
    torch.manual_seed(options.seed)
    order = torch.Generator().manual_seed(options.seed)
    samples = Samples(options.data)
    batches = DataLoader(samples, options.batch_size, shuffle=True, generator=order)
    model = DigitsCAE().to(options.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    done = 0
    if options.resume:
        state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        order.set_state(state["order"])
        torch.set_rng_state(state["random"])
        done = state["epoch"]
    for epoch in range(done + 1, options.epochs + 1):
        total = 0.0
        for batch in batches:
            x = batch.to(options.device)
            loss = reconstruction_loss(model(x), x)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            total += loss.item() * len(x)
        average = total / len(samples)
        print(f"epoch {epoch} of {options.epochs}: loss {average:.6f}", flush=True)
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "order": order.get_state(),
            "random": torch.get_rng_state(),
            "epoch": epoch,
        }
        save(state, options.checkpoint)


def save(state: dict[str, object], path: Path) -> None:
    """Write a checkpoint whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        torch.save(state, beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def best_device() -> str:
    """The fastest kind of device that is here."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def main() -> None:
    """Train on the data that the command line names; without any, check the sizes."""
    parser = argparse.ArgumentParser(description="Train to reconstruct the input.")
    add = parser.add_argument
    add("data", nargs="?", type=Path, help="a folder of .npy or .pt files, or one")
    add("--epochs", type=int, default=20)
    add("--batch-size", type=int, default=32)
    add("--learning-rate", type=float, default=1e-3)
    add("--seed", type=int, default=0)
    add("--device", default=best_device(), help="cpu, cuda, mps (default: %(default)s)")
    add("--checkpoint", type=Path, default=Path("checkpoint.pt"))
    add("--resume", action="store_true", help="go on from the checkpoint")
    options = parser.parse_args()
    if options.data is None:
        check()
    else:
        train(options)


def check() -> None:
    """Pass two samples through, and compare the shape that comes out."""
    x = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        output: Tensor = DigitsCAE()(x)
    assert output.shape == (2, 1, 8, 8), list(output.shape)
    print("DigitsCAE: 2x1x8x8 becomes 2x1x8x8")


if __name__ == "__main__":
    main()
