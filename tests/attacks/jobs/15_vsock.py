"""Sockets of families that no network namespace holds back: the hypervisor's, the kernel's ciphers, all the others. Ends: ok"""

import socket

for family in range(1, 48):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
        except OSError as error:
            if family == 40:
                print("stopped:", error)
            continue
        if family not in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
            print("GOT OUT", family, kind)
