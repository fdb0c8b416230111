"""Every operation under PyTorch's name and signature: argument checks, documentation, examples.

An operation checks its arguments, and its last line records a formula of `core`. It is a method of
one of the classes here, which `Tensor` inherits, and `operations` makes a function of it.
"""
