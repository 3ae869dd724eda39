"""A stand-in for the part of ``technical`` that strategies use most, where the real one is not installed."""
