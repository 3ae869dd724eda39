"""What a system is made of, read from its source: modules, entry points, data flow, settings, hygiene."""
