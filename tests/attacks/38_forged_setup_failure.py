"""An exit code that means "the sandbox failed"."""

import os

os._exit(99)
