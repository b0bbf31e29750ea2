"""Prepared data: text of any size as token ids on disk, read where they lie.

`readers` has the formats, which read files in `pieces`, and `encoding` makes ids of a
piece. `job` says what is asked for, `prepare` does it and survives a kill. `manifest`
says what a folder holds, `dataset` maps it into memory, `heldout` decides what is held
out, and `loader` is what a run is trained on.
"""
