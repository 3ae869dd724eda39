"""Output that would rule the terminal of whoever reads it. Ends: ok"""

import sys

sys.stdout.buffer.write(
    b"\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m\x1bP1$r\x1b\\ \r\x08\x08 \xe2\x80\xae reversed \x00 \xff\xfe "
    b"\x1b]52;c;ZXZpbA==\x07 \xef\xbb\xbf \xe2\x80\x8b done\n"
)
