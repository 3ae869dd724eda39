"""One commit for each change of the person's files, where that is possible without touching anything else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

_SECONDS = 30
#: Hooks may rewrite files or ask questions; so may signing.
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "core.fsmonitor=false")
_NOBODY = ("-c", "user.name=Mendel", "-c", "user.email=mendel@localhost")


@dataclass(frozen=True)
class Repository:
    """A git work tree whose top folder is ``root`` and in which ``paths`` hold no uncommitted change."""

    root: Path
    paths: tuple[str, ...]

    @classmethod
    def around(cls, root: Path, paths: Sequence[str]) -> Repository | None:
        """The repository to commit to, asked *before* the files are changed; None where there is none, where
        ``root`` is not its top folder, or where a path is not as it was committed."""
        if which("git") is None or not (root / ".git").exists():
            return None
        repository = cls(root, tuple(paths))
        top = repository._git("rev-parse", "--show-toplevel")
        if top is None or Path(top.removesuffix("\n")).resolve() != root.resolve():
            return None
        status = repository._git("status", "--porcelain", "--ignored", "--", *paths)
        return repository if status == "" else None

    def commit(self, message: str) -> str | None:
        """Commit ``paths`` as they are now, and nothing else that may be staged; the commit's hash, None
        where git would not."""
        fresh = [path for path in self.paths if os.path.lexists(self.root / path) and not self._known(path)]
        if fresh and self._git("add", "--intent-to-add", "--", *fresh) is None:
            return None
        identity = (
            () if self._git("var", "GIT_COMMITTER_IDENT") and self._git("config", "user.email") else _NOBODY
        )
        done = self._git(*identity, "commit", "--quiet", "--only", "-m", message, "--", *self.paths)
        if done is None:
            if fresh:
                self._git("reset", "--quiet", "--", *fresh)
            return None
        head = self._git("rev-parse", "HEAD")
        return None if head is None else head.strip()

    def _known(self, path: str) -> bool:
        return bool(self._git("ls-files", "--", path))

    def _git(self, *arguments: str) -> str | None:
        """What git says, None if it fails. Paths are taken as they are, never as patterns."""
        environment = {
            **os.environ,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_EDITOR": "true",
        }
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            environment.pop(name, None)
        try:
            done = subprocess.run(
                ("git", *_QUIET, *arguments),
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return os.fsdecode(done.stdout) if done.returncode == 0 else None
