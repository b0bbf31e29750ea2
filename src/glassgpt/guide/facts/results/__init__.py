"""Calls about what came of trainings, beside what counts and beside one another."""
