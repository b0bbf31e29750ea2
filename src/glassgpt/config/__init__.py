"""What a run is: its record, what each field may hold, the presets; how it samples."""

from glassgpt.config.record import ModelConfig, Record, TrainConfig, preset
from glassgpt.config.sampling import SamplingConfig

__all__ = ["ModelConfig", "Record", "SamplingConfig", "TrainConfig", "preset"]
