"""Rides crossings of two averages."""
