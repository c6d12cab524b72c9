"""Tests of the plugin's own tables."""
