"""Moved to `core.versions`."""

from ..core.versions import tick as next_moment

__all__ = ["next_moment"]
