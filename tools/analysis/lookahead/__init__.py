"""Does a decision change when the future arrives? See check.py."""
