"""The kernel as Python calls it: arguments checked, NumPy arrays in and out."""
