"""Prepared data: text of any size as token ids on disk, read where they lie.

`sources` reads files in pieces, `encoding` makes ids of a piece, `preparing` is the job
that survives a kill, `manifest` says what a folder holds, `shards` maps it into memory,
`hashes` decides what is held out, and `course` is what a run is trained on.
"""
