"""What makes the pages of `docs/`: cells that run, and pictures that are drawn by code."""
