"""What oneDNN's kernels keep for themselves, as far as its sources say."""

from __future__ import annotations

from ..size import Size


def lstm_workspace(length: Size, batch: Size, features: int, hidden: int) -> Size:
    """Bytes that oneDNN keeps of one layer in one direction, in pages of 4096, each number in 4 bytes.

    As `set_offsets` and `set_workspace_sizes` in its `rnn_utils`: gates, states of the cell, those of layer and time
    step before and behind, and their differences; rows are padded to 64 bytes, and no power of 2 far apart.
    """

    def row(numbers: int) -> int:
        padded = -(-numbers // 16) * 16
        return padded + 16 if padded % 256 == 0 else padded

    def pages(numbers: Size) -> Size:
        return (numbers * 4 + 4095) // 4096 * 4096

    steps, states = length * batch, 2 * (length + 1) * batch
    of_states = 3 * pages(states * row(max(features, hidden))) + 2 * pages(states * hidden)
    return pages(steps * row(4 * hidden)) + pages(steps * row(hidden)) + of_states
