"""Searching for numbers, on the development segment only: a tuning is proposed with its evidence, never written."""
