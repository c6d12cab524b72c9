"""What is written, how it is sent, and what became of it."""
