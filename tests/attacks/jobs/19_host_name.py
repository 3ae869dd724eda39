"""The name of the person's machine, by every way to ask. Ends: ok"""

import os
import platform
import socket
from pathlib import Path

seen = [socket.gethostname(), platform.node(), os.uname().nodename, socket.getfqdn(), repr(dict(os.environ))]
for place in ("/etc/hostname", "/etc/hosts", "/proc/sys/kernel/hostname", "/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/resolv.conf"):
    try:
        seen.append(Path(place).read_text())
    except OSError as error:
        print("stopped:", error)
print(seen[:4])
if "@HOSTNAME@" in [word for text in seen for word in text.split()]:
    print("GOT OUT")
