"""The benchmark is a script, so its modules find each other by the folder they are in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
