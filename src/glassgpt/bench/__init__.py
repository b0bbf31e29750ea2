"""Measuring speed: the kernel beside its peers, in one run, as ratios."""
