"""Every operation: its value, its gradient and PyTorch's name for that, side by side.

An operation is a function of tensors. It computes an array, states for each input the rule that
takes the gradient back (what the rule closes over is what the graph saves), and hands both to
`record`. The same function is `torch.tanh` and the method `Tensor.tanh`.
"""
