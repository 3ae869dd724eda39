"""Reverts to the volume-weighted price."""
