"""One operator a file; see registry.py."""
