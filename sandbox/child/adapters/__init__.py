"""The child halves of the strategy adapters; each offers ``evaluate(request, time, columns)``."""
