"""Fills a folder that can be written. Ends: ok"""

import os

written, block = 0, bytes(8 << 20)
try:
    for part in range(20):
        with open(f"/tmp/fill{part}", "wb", buffering=0) as handle:
            for _ in range(8):
                written += handle.write(block)
except OSError as error:
    print("stopped:", error)
finally:
    for name in [n for n in os.listdir("/tmp") if n.startswith("fill")]:
        os.unlink(f"/tmp/{name}")
print("GOT OUT" if written > 520 << 20 else "bounded", written)
