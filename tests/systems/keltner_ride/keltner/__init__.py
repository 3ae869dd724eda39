"""Rides a market that leaves its channel."""
