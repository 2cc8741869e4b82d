"""The training loop that `--train` adds: plain text, in which a few names are filled in."""

from __future__ import annotations

IMPORTS = ("import argparse", "import os", "from pathlib import Path")

_DATA = '''
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
        self.shape = self._item(0).shape@FITTING@

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
'''

_FITTING = """
        if self.shape != SAMPLE:
            found, wanted = list(self.shape), list(SAMPLE)
            raise SystemExit(f"a sample is {found}, not {wanted}")"""

_LOOP = '''
def train(options: argparse.Namespace) -> None:
    """Reconstruct the samples; every epoch ends with a checkpoint."""
    torch.manual_seed(options.seed)
    order = torch.Generator().manual_seed(options.seed)
    samples = Samples(options.data)
    batches = DataLoader(samples, options.batch_size, shuffle=True, generator=order)
    model = @CLASS@().to(options.device)
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
@LOSS@
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
'''

_RECONSTRUCTION = "            loss = reconstruction_loss(model(x), x)"
_VARIATIONAL = """\
            output, mean, log_variance = model(x)
            divergence = kl_divergence(mean, log_variance) / x[0].numel()
            loss = reconstruction_loss(output, x) + divergence"""


def data_text(fits_one_size: bool) -> str:
    """How samples are read and compared; of a network for one size, others are refused at once."""
    return _DATA.replace("@FITTING@", _FITTING if fits_one_size else "")


def loop_text(class_name: str, vae: bool) -> str:
    """The loop, its checkpoint and the command line."""
    return _LOOP.replace("@LOSS@", _VARIATIONAL if vae else _RECONSTRUCTION).replace("@CLASS@", class_name)
