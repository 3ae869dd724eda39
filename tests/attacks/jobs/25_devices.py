"""Makes devices, opens those of the host, talks to a terminal that it does not have. Ends: ok"""

import fcntl
import os
import stat

for name, kind, major, minor in (("mem", stat.S_IFCHR, 1, 1), ("sda", stat.S_IFBLK, 8, 0), ("vda", stat.S_IFBLK, 254, 0), ("tty", stat.S_IFCHR, 5, 0)):
    try:
        os.mknod(f"/tmp/{name}", kind | 0o666, os.makedev(major, minor))
        os.open(f"/tmp/{name}", os.O_RDWR)
        print("GOT OUT", name)
    except OSError as error:
        print("stopped:", error)
for path in ("/dev/mem", "/dev/kvm", "/dev/vsock", "/dev/tty", "/dev/ptmx", "/dev/fuse", "/dev/net/tun", "/dev/userfaultfd", "/dev/vda", "/dev/sda", "/dev/dri/card0", "/dev/input/event0"):
    try:
        os.open(path, os.O_RDWR)
        print("GOT OUT", path)
    except OSError as error:
        print("stopped:", error)
for descriptor in range(3):
    try:
        fcntl.ioctl(descriptor, 0x5412, b"x")
        print("GOT OUT terminal")
    except OSError as error:
        print("stopped:", error)
before = os.stat("/dev/null").st_mtime
try:
    os.utime("/dev/null")
    print("GOT OUT times of /dev/null" if os.stat("/dev/null").st_mtime != before else "unchanged")
except OSError as error:
    print("stopped:", error)
