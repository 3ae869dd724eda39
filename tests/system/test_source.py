"""What belongs to a bundle, and what never does."""

import os
from pathlib import Path

import pytest

from tools.system.globs import fixed_part, matches
from tools.system.source import SourceError, SourceWalk
from tools.system.system import System

CONFIG = '[strategy]\nkind = "signals"\ntarget = "app:signals"\n[data]\npath = "candles/*.txt"\n'


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("**/*.py", "a.py", True),
        ("**/*.py", "a/b/c.py", True),
        ("*.py", "a/b.py", False),
        ("tests/**", "tests/a/b", True),
        ("tests/**", "tests.py", False),
        ("a/?.py", "a/b.py", True),
        ("a/[!b].py", "a/b.py", False),
        ("a+b.py", "a+b.py", True),
    ],
)
def test_globs(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, (pattern,)) is expected


def test_fixed_part() -> None:
    assert fixed_part("../data/x/*.csv") == "../data/x"
    assert fixed_part("*.csv") == ""


def test_source_without_data_caches_secrets_and_environments(tmp_path: Path) -> None:
    kept = ["app.py", "broken.py", "pkg/ünï code.py", "tests/fixtures/bars.csv", "README.md"]
    left = [".git/config", ".mendel/x", "pkg/__pycache__/a.pyc", "env/lib/site.py", "node_modules/a.js"]
    left += ["bars.parquet", "bars.csv", "trades.sqlite", "candles/ton.txt", ".env", "keys/a.pem"]
    make(tmp_path, *kept, *left, "env/pyvenv.cfg")
    (tmp_path / "big.py").write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    assert SourceWalk(tmp_path, "candles/*.txt").files() == tuple(sorted(kept))


def test_links_inside_are_carried_and_outside_refused(tmp_path: Path) -> None:
    root = tmp_path / "system"
    make(root, "real/a.py")
    make(tmp_path, "outside/secret.py")
    (root / "alias").symlink_to("real")
    (root / "real/up").symlink_to("..")
    (root / "dangling").symlink_to("nowhere")
    assert SourceWalk(root).files() == ("alias/a.py", "real/a.py")
    (root / "leak").symlink_to(tmp_path / "outside")
    with pytest.raises(SourceError, match=r"^leak: this symbolic link leads outside"):
        SourceWalk(root).files()


def test_a_link_to_the_data_folder_is_data(tmp_path: Path) -> None:
    root = tmp_path / "system"
    make(root, "a.py")
    make(tmp_path, "elsewhere/ton.csv")
    (root / "data").symlink_to(tmp_path / "elsewhere")
    assert SourceWalk(root, "data/*.csv").files() == ("a.py",)


def test_special_files_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert SourceWalk(tmp_path).files() == ("a.py",)


def test_system_says_what_may_change(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "tests/test_app.py")
    (tmp_path / "link.py").symlink_to("app.py")
    (tmp_path / "mendel.toml").write_text(CONFIG)
    system = System.open(tmp_path)
    assert system.name == tmp_path.name
    assert system.editable("app.py") and system.editable("new/module.py")
    assert not any(
        map(system.editable, ["tests/test_app.py", "mendel.toml", "../x.py", "/x.py", "link.py", "a.txt"])
    )
    assert system.frozen("mendel.toml") and not system.frozen("app.py")


def test_state_is_made_on_first_use_and_ignored_by_git(tmp_path: Path) -> None:
    (tmp_path / "mendel.toml").write_text(CONFIG)
    system = System.open(tmp_path)
    assert not (tmp_path / ".mendel").exists()
    assert (system.state / ".gitignore").read_text() == "*\n"
    assert ".mendel/.gitignore" not in system.source_files()


def test_source_in_a_subfolder(tmp_path: Path) -> None:
    make(tmp_path, "src/app.py")
    (tmp_path / "mendel.toml").write_text(CONFIG + '[system]\nroot = "src"\n')
    system = System.open(tmp_path)
    assert system.source_files() == ("app.py",)
    assert system.state == tmp_path / ".mendel"
