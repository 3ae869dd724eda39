"""Buys dips of a rising market."""
