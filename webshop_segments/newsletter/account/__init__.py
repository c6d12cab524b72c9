"""The mail account for mass mail, kept in the panel."""
