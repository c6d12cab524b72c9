"""The pages: administrators', customers' and public ones."""
