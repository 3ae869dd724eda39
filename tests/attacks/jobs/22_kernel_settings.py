"""Writes every setting of the kernel that it can open: its core pattern, its module loader, its randomness, its limits. Ends: ok"""

import os

tried = opened = 0
for top in ("/proc/sys", "/sys", "/proc"):
    for folder, _, names in os.walk(top):
        if folder.count("/") > 5 or folder.startswith("/proc/self") or folder.removeprefix("/proc/")[:1].isdigit():
            continue
        for name in names[:200]:
            tried += 1
            try:
                os.close(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_NONBLOCK))
                opened += 1
                print("GOT OUT", f"{folder}/{name}")
            except OSError:
                continue
print(tried, opened)
