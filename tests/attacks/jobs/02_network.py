"""TCP, UDP and a name look-up. Ends: ok"""

import socket

for kind, address in (
    (socket.SOCK_STREAM, ("127.0.0.1", int("@TCP@"))),
    (socket.SOCK_DGRAM, ("127.0.0.1", int("@UDP@"))),
):
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(1)
        try:
            client.connect(address)
            client.send(b"exfiltrated")
            print("GOT OUT" if kind == socket.SOCK_STREAM else "sent into the void")
        except OSError as error:
            print("stopped:", error)
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
    client.settimeout(1)
    try:
        client.connect(("192.0.2.1", 80))
        print("GOT OUT")
    except OSError as error:
        print("stopped:", error)
try:
    print("GOT OUT", socket.getaddrinfo("example.org", 80))
except OSError as error:
    print("stopped:", error)
