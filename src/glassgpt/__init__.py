"""microGPT made of glass: a GPT from nothing in six steps, every number in sight."""

__version__ = "0.1.0"
