"""Prepared data: text of any size as token ids on disk, read where they lie.

`readers` reads files in pieces, `encoding` makes ids of a piece, `prepare` does the job
and survives a kill, `manifest` says what a folder holds, `dataset` maps it into memory,
`heldout` decides what is held out, and `loader` is what a run is trained on.
"""
