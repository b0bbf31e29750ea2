"""The torch engine: the same models in batched tensors, on one device or on many.

Nothing here is imported before a record asks for it: PyTorch takes seconds to load.
"""
