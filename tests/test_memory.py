"""What a training step asks of the operating system."""

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource
import tinygrad_rnn as torch

rnn, linear = torch.nn.RNN(64, 128), torch.nn.Linear(128, 64)
optimizer = torch.optim.Adam([*rnn.parameters(), *linear.parameters()])
x, y = torch.randn(35, 32, 64), torch.randint(0, 64, (35 * 32,))

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for step in range(12):
    if step == 2:
        before = faults()
    optimizer.zero_grad()
    scores = linear(rnn(x)[0]).view(-1, 64)
    torch.nn.functional.cross_entropy(scores, y).backward()
    optimizer.step()
print((faults() - before) / 10)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only of glibc it is known when it keeps memory"
)
def test_a_step_reuses_the_memory_of_the_step_before():
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 50  # pages; without the large block at import there are hundreds
