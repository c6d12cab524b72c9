"""Everyone who agreed: the list, the card, the import of people without an account."""
