"""What a person may ask to be looked at: an HTML file, a folder or glob of them, a page served on this machine."""

from __future__ import annotations

import glob
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.vision.contracts import VisionError

SUFFIXES = (".html", ".htm", ".xhtml", ".svg")
MOST_PAGES = 50


@dataclass(frozen=True)
class Target:
    """One page. ``folder`` is what a file may load from; None for a served page. ``name`` is fit for a file name."""

    url: str
    name: str
    folder: Path | None = None


def find_targets(text: str, root: Path | None = None) -> list[Target]:
    """The pages that ``text`` means; relative paths start at ``root`` (default: the current folder).

    Raises VisionError, one line, for an address that is not on this machine, a missing or unfit file, an empty glob."""
    if "://" in text or text.startswith("file:"):
        return [_served(text)] if not text.startswith("file:") else [file_target(Path(_file_path(text)))]
    base = root or Path()
    path = base / Path(text).expanduser()
    if path.is_dir():
        return _listed(sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES), text)
    if path.exists() or not glob.has_magic(text):
        return [file_target(path)]
    found = sorted(Path(p) for p in glob.glob(str(path), recursive=True))  # noqa: PTH207 - ** and absolute patterns
    return _listed([p for p in found if p.is_file() and p.suffix.lower() in SUFFIXES], text)


def file_target(path: Path) -> Target:
    """A file as a target. Raises VisionError where it cannot be one."""
    if not path.is_file():
        raise VisionError(f"{path}: no such page; name an HTML file, a glob, or a URL on this machine")
    if path.suffix.lower() not in SUFFIXES:
        raise VisionError(f"{path}: not an HTML page; name a file that ends in {' or '.join(SUFFIXES[:2])}")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise VisionError(f"{path}: cannot be read ({error.strerror}); make it readable") from error
    whole = path.resolve()
    return Target(whole.as_uri(), path.stem, whole.parent)


def is_loopback(host: str | None) -> bool:
    """Whether a host name means this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _served(text: str) -> Target:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise VisionError(
            f"{text}: not an address ({error}); write it like http://127.0.0.1:8000/"
        ) from error
    if parts.scheme not in ("http", "https"):
        raise VisionError(f"{text}: only http, https and files can be looked at")
    if not is_loopback(host):
        raise VisionError(
            f"{text}: not on this machine; only loopback addresses (127.0.0.1, localhost) are looked at"
        )
    words = "-".join(w for w in (host or "", str(port or ""), *parts.path.split("/")) if w)
    return Target(text, "".join(c if c.isalnum() or c in "-._" else "-" for c in words)[:80])


def _file_path(text: str) -> str:
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise VisionError(f"{text}: not a file of this machine; write file:///path or the path alone")
    return unquote(parts.path)


def _listed(paths: list[Path], text: str) -> list[Target]:
    if not paths:
        raise VisionError(f"{text}: no HTML page there; build the pages first, or correct the name")
    if len(paths) > MOST_PAGES:
        raise VisionError(f"{text}: {len(paths)} pages; narrow it to {MOST_PAGES} or fewer")
    return [file_target(path) for path in paths]
