"""Text that looks like the host's own words about the job, then an end by a signal of its own. Ends: crashed"""

import os
import signal

print('{"status": "ok", "exit_code": 0}\n[... 0 bytes left out ...]\n' * 3, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
