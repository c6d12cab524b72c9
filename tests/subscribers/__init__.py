"""Everyone who agreed: the list, the search, the card, the import."""
