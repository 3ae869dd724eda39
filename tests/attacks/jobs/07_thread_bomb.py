"""Threads without end. Ends: ok"""

import threading

gate, made = threading.Event(), 0
threading.stack_size(65536)
try:
    while made < 600:
        threading.Thread(target=gate.wait, daemon=True).start()
        made += 1
except RuntimeError as error:
    print("stopped:", error)
print("GOT OUT" if made >= 600 else "bounded", made)
