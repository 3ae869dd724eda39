"""Two thousand descriptors, pipes as large as they get, sockets that hold each other. Ends: ok"""

import os
import socket

made = 0
try:
    for _ in range(1_000):
        a, b = socket.socketpair()
        a.setblocking(False)
        socket.send_fds(a, [b"x"], [b.fileno()])
        a.detach(), b.detach()
        made += 2
except OSError as error:
    print("stopped:", error)
print("GOT OUT" if made >= 2_000 else "bounded", made)
