"""``[sandbox]``: what untrusted code may use."""

from __future__ import annotations

from sandbox.host.contracts import Limits
from tools.system.sections import Section, setting


class SandboxSection(Section):
    """[sandbox]"""

    wall_s: float = setting(
        60.0, "seconds that one evaluation of the strategy on one symbol may take", gt=0, le=86_400
    )
    cpu_s: int = setting(30, "seconds of processor time that one evaluation may use", ge=1, le=86_400)
    memory_mb: int = setting(
        2048, "memory that one evaluation may use beside what numpy and pandas take", ge=64, le=1_048_576
    )
    scratch_mb: int = setting(16, "size of the folder that an evaluation may write to", ge=1, le=4096)
    processes: int = setting(32, "threads that an evaluation may have", ge=1, le=512)
    log_kb: int = setting(64, "how much of what the strategy prints is kept", ge=1, le=16_384)
    zygotes: int = setting(2, "evaluations that run side by side", ge=1, le=64)
    job_wall_s: float = setting(120.0, "seconds that the system's tests may take", gt=0, le=86_400)
    job_memory_mb: int = setting(4096, "memory of each process of the system's tests", ge=128, le=1_048_576)

    def limits(self) -> Limits:
        """The same as the sandbox takes them."""
        return Limits(
            cpu_seconds=self.cpu_s,
            wall_seconds=self.wall_s,
            memory_mb=self.memory_mb,
            scratch_mb=self.scratch_mb,
            file_mb=max(64, self.scratch_mb),
            processes=self.processes,
            log_bytes=self.log_kb * 1024,
        )
