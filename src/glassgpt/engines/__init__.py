"""The engines: different code, the same record, the same numbers."""
