"""The commands that measure still run."""
