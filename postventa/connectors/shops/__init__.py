"""Shops: one file a platform, its name is the registration."""
