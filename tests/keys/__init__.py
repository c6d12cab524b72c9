"""Tests of keys, settings, signals and what else holds the house together."""
