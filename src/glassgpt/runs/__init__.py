"""Runs: a trained model in hand, its life in a folder, all that were trained here."""

from glassgpt.runs.lifecycle import train
from glassgpt.runs.run import Run, load

__all__ = ["Run", "load", "train"]
