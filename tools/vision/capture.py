"""Look at pages with a real browser: Debian's or the person's own, through playwright, with nothing let out.

A file may load files of its own folder, a served page what this machine serves; everything else is refused and
reported. Besides refusing each request the browser gets a proxy that leads nowhere, so that redirects and
sockets do not get out either. A page that hangs is ended at the deadline.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tools.vision.browser import INSTALL, find_browser
from tools.vision.contracts import Request, Shot, VisionError
from tools.vision.targets import Target, is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext, Page, Route

FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--proxy-server=127.0.0.1:9",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
MOST_FACTS = 4_000_000
TALLEST = 12_000
_LAUNCH_SECONDS = 30.0
_READY = """() => document.readyState === 'complete' && (typeof window.__chartFacts !== 'function' ||
    window.__ready === true || (window.__ready === undefined && performance.now() > 1200))"""
_FACTS = "async () => window.__chartFacts ? JSON.stringify(await window.__chartFacts()) ?? null : null"
_BUSY = "busy"
_STATE = """() => { const text = document.body?.innerText ?? '';
    const busy = document.querySelector('[aria-busy=true]') || /(^|\\n)\\s*(loading|please wait|fetching)[^\\n]{0,20}(\\n|$)/i.test(text);
    return busy ? 'busy' : document.body?.innerHTML.length + ':' + text.length; }"""


@dataclass(frozen=True)
class View:
    """How a page is looked at. ``loopback`` lets a *file* talk to this machine's servers; ``fixed_time_ns`` stops its clock."""

    width: int = 1280
    height: int = 900
    seconds: float = 20.0
    loopback: bool = True
    fixed_time_ns: int | None = None
    together: int = 3


def capture(targets: Sequence[Target], view: View | None = None) -> list[Shot]:
    """One shot for each target, in one browser, in order. A thread of its own: usable inside a running event loop.

    Raises VisionError, one line, where there is no browser, it cannot be started, or a served page does not answer."""
    browser = find_browser()
    if browser is None:
        raise VisionError(INSTALL)
    with ThreadPoolExecutor(1, thread_name_prefix="mendel-browser") as pool:
        return pool.submit(asyncio.run, _capture(browser, targets, view or View())).result()


async def _capture(executable: Path, targets: Sequence[Target], view: View) -> list[Shot]:
    gate = asyncio.Semaphore(view.together)

    async def one(browser: Browser, target: Target) -> Shot:
        async with gate:
            return await _look(browser, target, view)

    async with _browser(executable) as browser:
        return list(await asyncio.gather(*(one(browser, target) for target in targets)))


@asynccontextmanager
async def _browser(executable: Path) -> AsyncIterator[Browser]:
    from playwright.async_api import Error, async_playwright

    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=str(executable),
                args=list(FLAGS),
                chromium_sandbox=os.geteuid() != 0,  # chromium refuses its own sandbox to root
                timeout=_LAUNCH_SECONDS * 1e3,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Error as error:
            first = next((line for line in str(error).splitlines() if line.strip()), "no reason given")
            raise VisionError(
                f"{executable}: the browser cannot be started ({first[:160]}); {INSTALL}"
            ) from error
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class _Heard:
    """What a page said and asked for while it was open."""

    console: list[str] = field(default_factory=list)
    failed: list[Request] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Attach to a new page."""
        page.on("pageerror", lambda error: self.console.append(f"{error}"[:300]))
        page.on("console", lambda m: self.console.append(m.text[:300]) if m.type == "error" else None)
        page.on(
            "response",
            lambda r: self._bad(r.url, r.request.resource_type, str(r.status)) if r.status >= 400 else None,
        )
        page.on("requestfailed", lambda r: self._bad(r.url, r.resource_type, r.failure or "failed"))
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))

    def _bad(self, url: str, kind: str, why: str) -> None:
        if not any(old.url == url[:300] for old in self.failed):
            self.failed.append(Request(url[:300], kind, why))


async def _look(browser: Browser, target: Target, view: View) -> Shot:
    started = time.monotonic()
    context = await browser.new_context(
        viewport={"width": view.width, "height": view.height},
        device_scale_factor=1,
        reduced_motion="reduce",
        color_scheme="light",
        locale="en-US",
        timezone_id="UTC",
        accept_downloads=False,
        service_workers="block",
    )
    heard = _Heard()
    try:
        shot = await asyncio.wait_for(_shoot(context, target, view, heard), view.seconds)
    except TimeoutError:
        heard.console.append(f"the page was not finished after {view.seconds:g} s")
        shot = Shot(target.url, b"", None, {}, tuple(heard.console), tuple(heard.failed), "timeout")
    finally:
        with suppress(TimeoutError):  # else the browser is closed, by force, with everything in it
            await asyncio.wait_for(context.close(), 5.0)
    return replace(shot, seconds=round(time.monotonic() - started, 3))


async def _shoot(context: BrowserContext, target: Target, view: View, heard: _Heard) -> Shot:
    page = await context.new_page()
    if view.fixed_time_ns is not None:
        await page.clock.set_fixed_time(datetime.fromtimestamp(view.fixed_time_ns / 1e9, UTC))
    heard.listen(page)
    await context.route("**/*", lambda route: _let(route, target, view, heard))
    status = await _open(page, target, view)
    await _settle(page)
    facts, error = await _facts(page)
    dom = await page.evaluate(_script())
    height = min(max(int(dom["page"]["height"]), view.height), TALLEST)
    width = min(max(int(dom["page"]["width"]), view.width), 4000)
    png = await page.screenshot(
        full_page=True,
        animations="disabled",
        caret="hide",
        clip={"x": 0, "y": 0, "width": width, "height": height},
    )
    return Shot(target.url, png, facts, dom, tuple(heard.console), tuple(heard.failed), error, status)


@cache
def _script() -> str:
    return (Path(__file__).parent / "static" / "observe.js").read_text(encoding="utf-8")


async def _let(route: Route, target: Target, view: View, heard: _Heard) -> None:
    """Let a request through, or refuse it and remember."""
    request = route.request
    if allowed(request.url, target, view):
        await route.continue_()
        return
    heard.failed.append(Request(request.url[:300], request.resource_type, "blocked"))
    await route.abort("blockedbyclient")


def allowed(url: str, target: Target, view: View) -> bool:
    """Whether a page may load ``url``: data of its own, files of its own folder, or what this machine serves to it."""
    parts = urlsplit(url)
    if parts.scheme in ("data", "blob", "about"):
        return True
    if parts.scheme == "file":
        return target.folder is not None and Path(unquote(parts.path)).resolve().is_relative_to(target.folder)
    if parts.scheme in ("http", "https"):
        return is_loopback(parts.hostname) and (target.folder is None or view.loopback)
    return False


async def _open(page: Page, target: Target, view: View) -> int | None:
    from playwright.async_api import Error

    try:
        answer = await page.goto(target.url, wait_until="load", timeout=view.seconds * 1e3)
    except Error as error:
        if target.folder is None and "net::" in str(error):
            reason = str(error).split("net::", 1)[1].split()[0]
            raise VisionError(
                f"{target.url}: nothing answers there ({reason}); start the page's server first"
            ) from error
        raise VisionError(
            f"{target.url}: the browser cannot open it ({str(error).splitlines()[0][:120]})"
        ) from error
    return answer.status if answer is not None and target.folder is None else None


async def _settle(page: Page) -> None:
    """Wait until the page says it is ready, or has stopped changing for a while (at most about three seconds)."""
    from playwright.async_api import TimeoutError as Late

    with suppress(Late):  # a page that never gets ready is looked at as it is
        await page.wait_for_function(_READY, timeout=4000)
    last, still = "", 0
    for _ in range(30):
        state = await page.evaluate(_STATE)
        still = still + 1 if state == last and state != _BUSY else 0
        if still >= 2:
            return
        last = state
        await page.wait_for_timeout(100)


async def _facts(page: Page) -> tuple[dict[str, Any] | None, str]:
    """What the charts say of themselves, and why not."""
    from playwright.async_api import Error

    try:
        text = await page.evaluate(_FACTS)
    except Error as error:
        return None, str(error).splitlines()[0][:200]
    if text is None:
        return None, ""
    if len(text) > MOST_FACTS:
        return None, f"{len(text)} characters of facts: too many"
    facts = json.loads(text)
    if not isinstance(facts, dict) or not isinstance(facts.get("panels"), list):
        return None, "the facts are not {panels: [...]}"
    return facts, ""
