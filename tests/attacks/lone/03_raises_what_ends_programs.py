"""Raises what programs use to end themselves. Ends: rejected"""

def signals(bars):
    raise BaseExceptionGroup("all", [KeyboardInterrupt(), SystemExit(0), GeneratorExit(), MemoryError()])
