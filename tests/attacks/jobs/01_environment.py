"""Keys of the person's environment, its own and its parents'. Ends: ok"""

import os
from pathlib import Path

seen = repr(dict(os.environ))
for entry in Path("/proc").iterdir():
    try:
        seen += (entry / "environ").read_text(errors="replace")
    except OSError as error:
        print("stopped:", type(error).__name__)
if "@SECRET@" in seen or "@SECRET_NAME@" in seen:
    print("GOT OUT")
