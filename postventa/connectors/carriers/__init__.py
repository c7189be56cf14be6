"""Carriers: one file an adapter, its name is the registration."""
