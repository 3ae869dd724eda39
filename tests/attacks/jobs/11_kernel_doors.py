"""ptrace, mounts, namespaces, io_uring, bpf, keyrings, userfaultfd, another's memory. Ends: ok"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
calls = {
    "ptrace": (101, 16, int("@PID@"), 0, 0), "mount": (165, b"none", b"/system", b"tmpfs", 0, 0), "unshare": (272, 0x10000000),
    "setns": (308, 0, 0), "chroot": (161, b"/tmp"), "io_uring_setup": (425, 1, 0), "bpf": (321, 0, 0, 0), "keyctl": (250, 0, -3, 1),
    "add_key": (248, b"user", b"x", b"y", 1, -3), "userfaultfd": (323, 0), "perf_event_open": (298, 0, 0, -1, -1, 0),
    "process_vm_readv": (310, int("@PID@"), 0, 0, 0, 0, 0), "pidfd_getfd": (438, 0, 0, 0), "open_by_handle_at": (304, 0, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0), "init_module": (175, 0, 0, b""), "swapon": (167, b"/tmp/x", 0), "setuid 0": (105, 0),
    "kill": (62, int("@PID@"), 0),
}  # fmt: skip
for name, (number, *arguments) in calls.items():
    result = libc.syscall(number, *arguments)
    print(name, result, ctypes.get_errno())
    if result >= 0:
        print("GOT OUT", name)
