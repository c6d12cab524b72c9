"""Tests of the ports: the host shop and access."""
