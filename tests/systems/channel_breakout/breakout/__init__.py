"""Breakouts of the day's range."""
