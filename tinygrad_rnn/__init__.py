"""tinygrad_rnn: recurrent networks with autograd, on NumPy alone, with PyTorch's names.

    import tinygrad_rnn as torch

runs small recurrent programs that were written for PyTorch, prints what PyTorch prints and draws
PyTorch's random numbers. (It is not related to the project `tinygrad`.)
"""

from __future__ import annotations

from . import autograd as autograd
from . import cuda as cuda
from . import nn as nn
from . import optim as optim
from . import random as random
from .autograd.grad_mode import *
from .creation import *
from .dtypes import *
from .dtypes import bool_ as _bool
from .dtypes import missing_names as _missing_names
from .functions.pointwise import where as where
from .functions.shape import cat as cat
from .functions.shape import stack as stack
from .operations import *
from .printing import *
from .random import *
from .serialization import *
from .tensor import *
from .threads import *

__version__ = "0.1.0"

bool = _bool
float = float32
double = float64
int = int32
long = int64

__getattr__ = _missing_names("tinygrad_rnn", "operations")
