"""The worker and all it does to send."""
