"""Keys below the home folder, the passwords, the other bundles. Ends: ok"""

import os
import pwd
from pathlib import Path

for place in (
    "@HOME@/.ssh/id_ed25519",
    "~/.ssh/id_ed25519",
    "/root/.ssh/id_ed25519",
    "/etc/shadow",
    "@HOST@/holdout.npy",
):
    try:
        print("GOT OUT", Path(place).expanduser().read_text()[:5])
    except OSError as error:
        print("stopped:", error)
print(pwd.getpwall())
for folder, _, names in os.walk("/home"):
    print(folder, names)
found = [name for name in os.listdir("/") if name == "bundles"]
print("GOT OUT" if found or os.path.exists("/bundle/../@OTHER@") else "alone")
