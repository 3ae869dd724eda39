"""Ends its process with success before it is asked anything. Ends: rejected"""

import os

os._exit(0)
