"""Calls about the heads of Step 4."""
