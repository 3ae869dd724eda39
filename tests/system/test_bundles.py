"""Bundles: exact bytes, one hash for equal source, whole or absent, read-only."""

import os
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.system.bundles import BundleError, BundleStore, Item, bundle_hash, decode, encode, patch_digest
from tools.system.system import System

CONFIG = '[strategy]\nkind = "signals"\ntarget = "app:signals"\n'
ODD = {
    "app.py": b"x = 1\r\ny = 2\r\n",
    "bom.py": b"\xef\xbb\xbfz = 3",
    "broken.py": b"def (:\n",
    "pkg/n\xc3\xa4me with space.py".encode("latin-1").decode(): b"caf\xe9 = 1\n",
    "empty/__init__.py": b"",
}


@pytest.fixture
def system(tmp_path: Path) -> System:
    root = tmp_path / "system"
    for rel, data in ODD.items():
        (root / rel).parent.mkdir(parents=True, exist_ok=True)
        (root / rel).write_bytes(data)
    (root / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "mendel.toml").write_text(CONFIG)
    return System.open(root)


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    return BundleStore(tmp_path / "bundles")


def test_bytes_names_and_modes_survive(system: System, store: BundleStore) -> None:
    digest = store.snapshot(system)
    for rel, data in ODD.items():
        assert store.read_bytes(digest, rel) == data
        assert encode(store.read(digest, rel)) == data
    path = store.path(digest)
    assert stat.S_IMODE((path / "run.sh").stat().st_mode) == 0o555
    assert stat.S_IMODE((path / "app.py").stat().st_mode) == 0o444
    assert {stat.S_IMODE(p.stat().st_mode) for p in [path, path / "empty"]} == {0o555}
    assert store.verify(digest) and store.snapshot(system) == digest
    assert set(store.files(digest)) == {*ODD, "run.sh", "mendel.toml"}


def test_a_change_makes_a_new_bundle_and_leaves_the_old(system: System, store: BundleStore) -> None:
    base = store.snapshot(system)
    changed = store.derive(base, {"app.py": "x = 9\r\n", "new/mod.py": "n = 1\n", "broken.py": None})
    assert store.read_bytes(changed, "app.py") == b"x = 9\r\n"
    assert store.changed(base, changed) == ("app.py", "broken.py", "new/mod.py")
    assert (
        store.derive(
            changed, {rel: store.read(base, rel) for rel in ("app.py", "broken.py")} | {"new/mod.py": None}
        )
        == base
    )
    assert store.derive(base, {"run.sh": "#!/bin/sh\n"}) == base


def test_text_that_does_not_change_gives_the_same_bundle(system: System, store: BundleStore) -> None:
    base = store.snapshot(system)
    assert store.derive(base, {rel: store.read(base, rel) for rel in ODD}) == base


def test_a_damaged_bundle_is_seen_and_replaced(system: System, store: BundleStore, tmp_path: Path) -> None:
    digest = store.snapshot(system)
    victim = store.path(digest) / "app.py"
    victim.chmod(0o644)
    victim.write_text("evil = 1\n")
    assert not store.verify(digest)
    fresh = BundleStore(tmp_path / "bundles")
    assert fresh.snapshot(system) == digest and fresh.verify(digest)
    assert [p.name for p in (tmp_path / "bundles").iterdir()] == [digest]


@pytest.mark.parametrize("rel", ["../x.py", "/etc/x", "a//b.py", "", "a/../b.py"])
def test_paths_outside_are_refused(system: System, store: BundleStore, rel: str) -> None:
    with pytest.raises(BundleError, match="not a path inside"):
        store.derive(store.snapshot(system), {rel: "x"})


def test_unknown_bundles_and_files_are_named(system: System, store: BundleStore) -> None:
    with pytest.raises(BundleError, match="no such bundle"):
        store.path("0" * 64)
    digest = store.snapshot(system)
    with pytest.raises(BundleError, match=r"absent\.py"):
        store.read(digest, "absent.py")
    with pytest.raises(BundleError, match=r"absent\.py"):
        store.derive(digest, {"absent.py": None})


def test_a_store_that_cannot_be_written_says_so(system: System, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        BundleStore(tmp_path / "file").snapshot(system)


def test_the_digest_depends_on_all_three() -> None:
    digests = {
        patch_digest("a", "b", "c"),
        patch_digest("b", "a", "c"),
        patch_digest("a", "b", "d"),
        patch_digest("a", "bc", ""),
    }
    assert len(digests) == 4


def test_hash_keeps_path_and_content_apart() -> None:
    assert bundle_hash({"a": Item(b"b")}) != bundle_hash({"ab": Item(b"")})
    assert bundle_hash({"a": Item(b"b")}) != bundle_hash({"a": Item(b"b", True)})


@given(st.binary())
def test_decode_and_encode_are_exact(data: bytes) -> None:
    assert encode(decode(data)) == data


TEXT = st.text(alphabet="ab\n\r\x0c é\u2028", max_size=30).map(lambda text: text.encode())
TREE = st.dictionaries(st.sampled_from(["a.py", "b c.py", "d/é.py", 'q"x.py']), TEXT, max_size=4)


@settings(max_examples=25, deadline=None)
@given(TREE, TREE)
def test_git_apply_of_the_diff_gives_the_other_bundle(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = BundleStore(folder / "bundles")
        before, after = (store.put({rel: Item(data) for rel, data in tree.items()}) for tree in (old, new))
        diff = encode(store.diff(before, after))
        assert (diff == b"") == (old == new)
        work = folder / "work"
        work.mkdir()
        for rel, data in old.items():
            (work / rel).parent.mkdir(exist_ok=True)
            (work / rel).write_bytes(data)
        if diff:
            git = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
            subprocess.run(
                git,
                cwd=work,
                input=diff,
                check=True,
                env={"GIT_CEILING_DIRECTORIES": name, "PATH": os.environ["PATH"]},
            )
        assert {p.relative_to(work).as_posix(): p.read_bytes() for p in work.rglob("*") if p.is_file()} == new


def test_what_a_killed_process_left_is_swept_when_it_is_old(system: System, store: BundleStore) -> None:
    digest = store.snapshot(system)
    for name, age in ((".new-old", 7200), (".new-young", 60)):
        (store.folder / name / "pkg").mkdir(parents=True)
        (store.folder / name / "pkg").chmod(0o555)
        os.utime(store.folder / name, (time.time() - age,) * 2)
    store.sweep()
    assert sorted(path.name for path in store.folder.iterdir()) == [".new-young", digest]
