"""microGPT made of glass: a GPT from nothing in six steps, every number in sight."""

from glassgpt.config import ModelConfig, Record, TrainConfig, preset
from glassgpt.errors import (
    CheckpointError,
    DataError,
    DivergedError,
    GlassGPTError,
    UsageError,
)
from glassgpt.runs import Run, load, train

__all__ = [
    "CheckpointError",
    "DataError",
    "DivergedError",
    "GlassGPTError",
    "ModelConfig",
    "Record",
    "Run",
    "TrainConfig",
    "UsageError",
    "__version__",
    "load",
    "preset",
    "train",
]

__version__ = "0.1.0"
