"""Trades the way out of an inside bar."""
