"""Every operation as PyTorch has it: its name, what it accepts and refuses, and how it says so.

An operation checks its arguments, and its last line records a formula of `core`. It is a method of
one of the classes here, which `Tensor` inherits, and `operations` makes a function of it.
"""
