"""Write, delete and link the person's files. Ends: ok"""

import os
from pathlib import Path

victim = Path("@HOST@/victim")
for name, act in {
    "write": lambda: victim.write_text("owned"),
    "delete": victim.unlink,
    "link": lambda: os.link(victim, "/system/stolen"),
    "new": lambda: Path("@HOST@/new").write_text("x"),
    "root": lambda: Path("/pwned").write_text("x"),
    "bundle": lambda: Path("/bundle/strategy.py").write_text("x"),
    "python": lambda: Path(os.__file__).with_name("pwned.py").write_text("x"),
}.items():
    try:
        act()
        print("GOT OUT", name)
    except OSError as error:
        print("stopped:", error)
