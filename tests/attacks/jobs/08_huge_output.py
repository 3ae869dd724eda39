"""More output than anybody wants to hold. Ends: timeout"""

import sys

block = "x" * 65536
while True:
    sys.stdout.write(block)
    sys.stderr.write(block)
