"""The loop that trains, over any engine: it prints nothing, events tell of it."""
