"""Adds up what speaks for a trade."""
