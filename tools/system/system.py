"""The system under evolution: its folder, its settings, and which of its files are its source."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tools.contracts import MendelError
from tools.system.config import CONFIG_NAME, SystemConfig, load_config
from tools.system.globs import matches
from tools.system.source import SourceWalk

STATE_NAME = ".mendel"


class SystemFolderError(MendelError):
    """The system's folder cannot be used as it is."""


@dataclass(frozen=True)
class System:
    """A trading system attached by its ``mendel.toml``. ``home`` holds that file and the state folder;
    ``root`` holds the source (the same folder unless ``[system] root`` says otherwise)."""

    root: Path
    config: SystemConfig
    home: Path
    #: A glob from the current folder that replaces ``[data] path`` for this run (``--data``).
    data: str | None = None

    @classmethod
    def open(cls, path: str | Path) -> System:
        """The system whose ``mendel.toml`` lies in the folder ``path``. Raises MendelError, one line."""
        home = Path(path).resolve()
        config = load_config(home)
        root = (home / config.system.root).resolve()
        if not root.is_dir():
            raise SystemFolderError(
                f"{CONFIG_NAME}: [system] root = {config.system.root!r}: no such folder; name one"
            )
        return cls(root, config, home)

    @property
    def name(self) -> str:
        """What the person calls it."""
        return self.config.system.name or self.home.name

    @property
    def python(self) -> Path:
        """The interpreter that runs the system. A relative setting is relative to ``home``; the link into a
        virtual environment is kept, since resolving it would lose the environment."""
        setting = self.config.system.python
        if not setting:
            return Path(sys.executable)
        path = self.home / Path(setting).expanduser()
        if not path.is_file():
            raise SystemFolderError(
                f"{CONFIG_NAME}: [system] python = {setting!r}: no such file; name an interpreter"
            )
        return path

    @property
    def state(self) -> Path:
        """Where Mendel keeps what it knows about this system; made on first use, ignored by git."""
        folder = self.home / STATE_NAME
        ignore = folder / ".gitignore"
        if not ignore.is_file():
            try:
                folder.mkdir(exist_ok=True)
                ignore.write_text("*\n", encoding="utf-8")
            except OSError as error:
                raise SystemFolderError(
                    f"{folder}: cannot be written ({error.strerror}); make the folder writable"
                ) from error
        return folder

    @property
    def bundles(self) -> Path:
        """Where this system's bundles lie."""
        return self.state / "bundles"

    def source_files(self) -> tuple[str, ...]:
        """Relative POSIX paths, sorted, of the files that make up a bundle."""
        return self._walk().files()

    def test_data(self) -> dict[str, bytes]:
        """By relative path: what the system's own tests read and no bundle carries. For jobs that run these tests alone."""
        return {rel: (self.root / rel).read_bytes() for rel in self._walk().fixtures()}

    def _walk(self) -> SourceWalk:
        path = self.config.data.path
        return SourceWalk(self.root, str(self.home / Path(path).expanduser()) if path else None)

    def frozen(self, rel: str) -> bool:
        """Whether no patch may change ``rel``."""
        return rel == CONFIG_NAME or rel in self._providing() or matches(rel, self.config.system.frozen)

    def _providing(self) -> tuple[str, ...]:
        """The module that the bars come from, unless the strategy is in it, too: a change must not edit its own examiner."""
        data, strategy = self.config.data, self.config.strategy
        module = (data.provider or "").partition(":")[0]
        if not module or data.path is not None or module == strategy.target.partition(":")[0]:
            return ()
        place = module.replace(".", "/")
        return f"{place}.py", f"{place}/__init__.py"

    def editable(self, rel: str) -> bool:
        """Whether a patch may change, make or delete ``rel``. A path that goes through a symbolic link is
        not editable: what it points to is."""
        if ".." in rel.split("/") or rel.startswith("/") or self.frozen(rel):
            return False
        return matches(rel, self.config.system.editable) and not self._linked(rel)

    def _linked(self, rel: str) -> bool:
        path = self.root / rel
        return any(
            step.is_symlink()
            for step in (path, *path.parents)
            if step != self.root and self.root in step.parents
        )
