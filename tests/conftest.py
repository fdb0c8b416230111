"""Fixtures that several test files use."""

import sys

import pytest


@pytest.fixture
def quick_switches():
    """Lets threads take turns as often as possible, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
