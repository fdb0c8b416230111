"""Turning the recording of operations on and off."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

P = ParamSpec("P")
R = TypeVar("R")

_GENERATOR = 0x20  # the flag that marks a generator's code (inspect.CO_GENERATOR)

# A context variable, not a global: every thread starts with its own, set to True.
_grad_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
recording = _grad_enabled.get


def is_grad_enabled() -> bool:
    """Whether operations are recorded.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> with torch.no_grad():
        ...     torch.is_grad_enabled()
        False
    """
    return recording()


class _GradMode:
    """A `with` block or a decorated function in which recording is on or off."""

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(_grad_enabled.get())
        _grad_enabled.set(self._mode)

    def __exit__(self, *exception: object) -> None:
        _grad_enabled.set(self._before.pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorates `function`: it runs in this mode, in any thread."""
        if getattr(function, "__code__", None) and function.__code__.co_flags & _GENERATOR:
            return self._generator(function)  # type: ignore[return-value, arg-type]

        @wraps(function)
        def in_mode(*args: P.args, **kwargs: P.kwargs) -> R:
            with _GradMode(self._mode):
                return function(*args, **kwargs)

        return in_mode

    def _generator(
        self, function: Callable[P, Generator[Any, Any, Any]]
    ) -> Callable[P, Generator[Any, Any, Any]]:
        """Decorates a generator: it runs in this mode; between items, its caller's mode returns."""

        @wraps(function)
        def in_mode(*args: P.args, **kwargs: P.kwargs) -> Generator[Any, Any, Any]:
            running = function(*args, **kwargs)
            go_on: Callable[[], Any] = partial(next, running)
            while True:
                try:
                    with _GradMode(self._mode):
                        item = go_on()
                except StopIteration as end:
                    return end.value
                try:
                    go_on = partial(running.send, (yield item))
                except BaseException as error:  # that the caller throws in
                    go_on = partial(running.throw, error)

        return in_mode


class no_grad(_GradMode):  # noqa: N801 - PyTorch's name
    """Turns recording off: less memory, no gradients (context manager and decorator).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.ones(1, requires_grad=True)
        >>> with torch.no_grad():
        ...     w += 1
        >>> w
        tensor([2.], requires_grad=True)
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """`@no_grad` decorates as `@no_grad()` does."""
        return object.__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(no_grad):  # noqa: N801 - PyTorch's name
    """Turns recording back on inside `no_grad` (context manager and decorator).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.ones(1, requires_grad=True)
        >>> with torch.no_grad(), torch.enable_grad():
        ...     print((w * 2).requires_grad)
        True
    """

    def __init__(self) -> None:
        _GradMode.__init__(self, True)


class set_grad_enabled(_GradMode):  # noqa: N801 - PyTorch's name
    """Turns recording on or off immediately; as a context manager or decorator, temporarily.

    Args:
        mode: Whether operations are recorded.

    Raises:
        TypeError: If `mode` is not True or False.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> w = torch.ones(1, requires_grad=True)
        >>> with torch.set_grad_enabled(False):
        ...     print(w * 2)
        tensor([2.])
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_grad_enabled: mode must be a bool, got {type(mode).__name__} ({mode!r})"
            )
        super().__init__(mode)
        self._at_call = _grad_enabled.get()
        _grad_enabled.set(mode)

    def __enter__(self) -> None:
        self._before.append(self._at_call)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorates `function` and restores the mode outside it."""
        _grad_enabled.set(self._at_call)
        return super().__call__(function)
