"""How float32 is computed: moved to `core.arithmetic`."""

from .core.arithmetic import *  # noqa: F403
from .core.arithmetic import multiply_add as multiply_add
