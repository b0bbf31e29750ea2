"""Runs: a trained model in hand, its folder, all that were trained here."""
