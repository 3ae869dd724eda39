"""Fades an exhausted move."""
