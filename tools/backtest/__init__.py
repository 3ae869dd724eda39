"""Trusted simulation of decisions: accounts, metrics, reports."""
