"""How fast may be sent: counted in the database."""
