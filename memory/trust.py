"""To which servers a key and the system's data may be sent: this machine, the vendor's default, and those that the person named.

A repository can ship its ``mendel.toml`` and even a ``.mendel`` folder, so an address in them is no consent. Consent is the person's
own: the environment variable MENDEL_MODEL_HOSTS, or ``hosts`` under ``[model]`` in ``~/.config/mendel/config.toml``
(``$XDG_CONFIG_HOME`` where it is set). See design/005.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

VARIABLE = "MENDEL_MODEL_HOSTS"
#: Names of environment variables that may hold a model's key. No other secret leaves because a file names it.
_KEY_NAME = re.compile(r"[A-Z0-9_]*API_?KEY|MENDEL_[A-Z0-9_]+")
_PORTS = {"https": 443, "http": 80}
Origin = tuple[str, str, int]


def refusal(base_url: str | None, api_key_env: str, environ: Mapping[str, str] | None = None) -> str:
    """Why nothing is sent to ``base_url`` with the key in ``api_key_env``, one line with the remedy; "" where it may be."""
    env = os.environ if environ is None else environ
    try:
        wanted = None if base_url is None else _origin(base_url)
    except ValueError as error:
        return f"base_url = {base_url!r} is no address ({error}): write it as https://host/v1"
    if wanted is not None and _is_here(wanted[1]):
        return ""
    if env.get(api_key_env) and not _KEY_NAME.fullmatch(api_key_env):
        return (
            f"api_key_env = {api_key_env!r} is not named like a model's key, so what it holds is not sent to another machine: "
            "use a variable whose name ends in API_KEY"
        )
    if wanted is None:
        return ""
    name = _written(wanted)
    if wanted not in _trusted(env):
        return (
            f"base_url = {base_url!r} would get your data"
            + (f" and the key in {api_key_env}" if env.get(api_key_env) else "")
            + f", and you have not named it as trusted: if you do, export {VARIABLE}={name}, or add it to hosts in {_file(env)}"
        )
    return ""


def _origin(address: str) -> Origin:
    """(scheme, host, port). Raises ValueError for anything that two readers could read as two hosts."""
    if re.search(r"[\s\\\x00-\x1f]", address):
        raise ValueError("it holds a space or a backslash")
    parts = urlsplit(address)
    if parts.scheme not in _PORTS:
        raise ValueError("it does not start with https:// or http://")
    if "@" in parts.netloc or not parts.hostname:
        raise ValueError("it holds a user's name, or no host")
    return parts.scheme, parts.hostname.rstrip(".").casefold(), parts.port or _PORTS[parts.scheme]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written(origin: Origin) -> str:
    scheme, host, port = origin
    shown = f"[{host}]" if ":" in host else host
    shown += "" if port == _PORTS[scheme] else f":{port}"
    return shown if scheme == "https" else f"http://{shown}"


def _trusted(env: Mapping[str, str]) -> set[Origin]:
    """What the person named. A name without a scheme means https: a key goes in the clear only where http:// was written."""
    named = [*re.split(r"[\s,]+", env.get(VARIABLE, "")), *_from_file(_file(env))]
    found: set[Origin] = set()
    for name in filter(None, named):
        try:
            found.add(_origin(name if "://" in name else f"https://{name}"))
        except ValueError:
            continue  # what cannot be read as an address trusts nobody
    return found


def _file(env: Mapping[str, str]) -> Path:
    base = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME") or "~").expanduser() / ".config")
    return Path(base) / "mendel" / "config.toml"


def _from_file(path: Path) -> list[str]:
    try:
        hosts = tomllib.loads(path.read_text(encoding="utf-8")).get("model", {}).get("hosts", [])
    except (OSError, ValueError, AttributeError):
        return []
    return [h for h in hosts if isinstance(h, str)] if isinstance(hosts, list) else []
