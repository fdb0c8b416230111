"""tinygrad_rnn: recurrent networks with autograd, on NumPy alone, with PyTorch's names.

    import tinygrad_rnn as torch

runs small recurrent programs that were written for PyTorch, prints what PyTorch prints and draws
PyTorch's random numbers. (It is not related to the project `tinygrad`.)
"""

from __future__ import annotations

from typing import NoReturn

from . import autograd, cuda, nn, optim, random
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .creation import (
    FloatTensor,
    LongTensor,
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    get_rng_state,
    initial_seed,
    linspace,
    manual_seed,
    multinomial,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
    tensor,
    zeros,
    zeros_like,
)
from .dtypes import Size, device, dtype, float32, float64, int32, int64, uint8
from .dtypes import bool_ as bool
from .functions.indexing import gather, index_select, masked_select, scatter
from .functions.linalg import addmm, bmm, dot, matmul, mm, mv
from .functions.pointwise import (
    abs,
    add,
    allclose,
    clamp,
    clone,
    cos,
    div,
    eq,
    equal,
    exp,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    log,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    masked_fill,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    pow,
    reciprocal,
    relu,
    sigmoid,
    sin,
    sqrt,
    square,
    sub,
    tanh,
    where,
)
from .functions.reduction import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    norm,
    softmax,
    std,
    sum,
    topk,
    var,
)
from .functions.shape import (
    cat,
    chunk,
    flatten,
    flip,
    narrow,
    permute,
    reshape,
    select,
    split,
    squeeze,
    stack,
    t,
    transpose,
    unbind,
    unsqueeze,
)
from .printing import set_printoptions
from .random import Generator
from .tensor import Tensor

__version__ = "0.1.0"

float = float32
double = float64
int = int32
long = int64


def is_tensor(obj: object) -> bool:  # type: ignore[valid-type]
    """Whether `obj` is a Tensor."""
    return isinstance(obj, Tensor)


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"tinygrad_rnn has no {name!r}; if PyTorch has it, it was left out here: "
        "the operations are those that small recurrent programs need"
    )
