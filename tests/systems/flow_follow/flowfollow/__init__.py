"""Follows one-sided flow."""
