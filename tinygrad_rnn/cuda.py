"""What programs query before they choose a device: there is no GPU."""

from __future__ import annotations

from .dtypes import missing_names

__getattr__ = missing_names("cuda", "functions")


def is_available() -> bool:
    """False.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.cuda.is_available()
        False
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed_all(seed: int) -> None:
    """Does nothing: there is no GPU generator to seed."""
