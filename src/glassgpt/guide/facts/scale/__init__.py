"""Calls about models larger than the lessons'."""
