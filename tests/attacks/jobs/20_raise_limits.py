"""Every limit raised beyond what the host set, its own and the first process's. Ends: ok"""

import resource

for kind in range(16):
    hard = resource.getrlimit(kind)[1]
    if hard == resource.RLIM_INFINITY:
        continue
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
        print("GOT OUT", kind)
    except (OSError, ValueError) as error:
        print("stopped:", kind, error)
for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
    if resource.getrlimit(kind)[1] == resource.RLIM_INFINITY:
        print("GOT OUT unlimited", kind)
try:
    resource.prlimit(1, resource.RLIMIT_NOFILE, (4, 4))
    print("GOT OUT first process")
except OSError as error:
    print("stopped:", error)
