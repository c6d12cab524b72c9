"""Administrators: who gets in, who may do what, and what the history tells."""
