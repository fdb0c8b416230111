"""Writes what PyTorch's `Conv2d` gives into `recorded/conv2d.json`.

python tests/record_conv2d.py
"""

import sys
from pathlib import Path

# input channels, output channels, kernel size, height and width of the images
CASES = {
    "one channel": (1, 2, 3, 5, 5),
    "several channels": (3, 4, 2, 4, 4),
    "wider than high": (2, 3, 3, 4, 6),
    "higher than wide": (2, 3, 2, 5, 3),
    "kernel of one pixel": (2, 3, 1, 2, 3),
    "kernel as large as the image": (2, 3, 4, 4, 4),
}


def convolved(torch, conv2d, in_channels, out_channels, kernel_size, height, width):
    """The first weights, the values and all gradients of a convolution, from one seed."""
    torch.manual_seed(0)
    convolution = conv2d(in_channels, out_channels, kernel_size)
    images = torch.rand(2, in_channels, height, width, requires_grad=True)
    values = convolution(images)
    (values * values).sum().backward()  # squares, so that no two gradients are alike
    weight, bias = convolution.parameters()
    return {
        "weight": weight.detach().flatten(1),
        "bias": bias.detach(),
        "values": values.detach(),
        "weight.grad": weight.grad.flatten(1),
        "bias.grad": bias.grad,
        "images.grad": images.grad,
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    import torch

    from tests import recordings

    torch.set_num_threads(1)
    recordings.write(
        "conv2d",
        {
            name: recordings.described(convolved(torch, torch.nn.Conv2d, *sizes))
            for name, sizes in CASES.items()
        },
    )
