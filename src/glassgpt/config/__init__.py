"""What a run is: its record, what each field may hold, the presets."""

from glassgpt.config.record import ModelConfig, Record, TrainConfig, preset

__all__ = ["ModelConfig", "Record", "TrainConfig", "preset"]
