"""The person's sockets, by path and by abstract name. Ends: ok"""

import socket

for address in ("@HOST@/s.sock", "\0@ABSTRACT@", "/run/docker.sock", "/var/run/dbus/system_bus_socket"):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(address)
            print("GOT OUT", address)
        except OSError as error:
            print("stopped:", error)
