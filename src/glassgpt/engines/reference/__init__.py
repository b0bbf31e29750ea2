"""The lessons' own code as an engine."""
