"""Moved to `core.graph`."""

from ..core.graph import AccumulateGrad, Hook, Node, Sparse, ancestors, hooked, run

__all__ = ["AccumulateGrad", "Hook", "Node", "Sparse", "ancestors", "hooked", "run"]
