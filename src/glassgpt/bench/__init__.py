"""Measuring: how fast the kernel is beside its peers, and what parts are worth."""
