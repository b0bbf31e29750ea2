"""The loop that trains, over any engine: it prints nothing, events tell of it.

`session` is what a run is in memory, `loop` trains it, `recorder` keeps what comes of
it, `events` are what happens, `several` trains some side by side.
"""

from glassgpt.training.loop import train
from glassgpt.training.session import Session

__all__ = ["Session", "train"]
