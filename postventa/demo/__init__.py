"""The demo: the whole service on one machine, from the first order to the last parcel, in a few minutes."""
