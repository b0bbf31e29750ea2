"""Calls about Adam: what it remembers, how far it moves, and what that is worth."""
