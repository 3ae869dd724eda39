"""A coroutine in the place of an answer. Ends: rejected"""

async def signals(bars):
    return [0.0] * len(bars["close"])
