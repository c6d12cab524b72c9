"""What comes back: bounces, complaints, receipts, answers."""
