"""What a strategy imports that its interpreter has not got, and what would talk to somebody when it is imported.

Read from syntax trees and from the interpreter's folders: no code of the system or of its packages is run."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.host.interpreter import SandboxError, inspect_interpreter
from tools.system.modules import Module
from tools.system.starts import closure

_CLIENTS = """
influxdb influxdb_client redis aioredis psycopg2 psycopg asyncpg pymysql MySQLdb mysql pymongo motor sqlalchemy
peewee clickhouse_driver clickhouse_connect cassandra duckdb questdb ccxt ccxtpro binance pybit okx bybit kucoin
ib_insync ib_async ibapi alpaca alpaca_trade_api MetaTrader5 oandapyV20 krakenex coinbase hyperliquid web3 requests
httpx aiohttp urllib3 websocket websockets socketio paho kafka confluent_kafka aiokafka pika celery zmq nats boto3
botocore google azure telegram telebot aiogram slack_sdk slack discord twilio sendgrid smtplib ftplib paramiko
sentry_sdk prometheus_client statsd datadog mlflow wandb yfinance
gspread tweepy elasticsearch firebase_admin supabase
"""
_COMPUTES = """
numpy pandas scipy sklearn statsmodels numba talib ta pandas_ta pandas_ta_classic tulipy finta stockstats vectorbt
vectorbtpro polars pyarrow torch tensorflow keras jax xgboost lightgbm catboost arch hmmlearn pykalman filterpy
bottleneck numexpr cvxpy freqtrade backtesting backtrader technical ruptures pywt hurst empyrical quantstats
joblib dask modin cython
"""
#: Modules that talk to databases, brokers, exchanges and people. An inert stand-in takes nothing from a backtest.
CLIENTS = frozenset(_CLIENTS.split())
#: Modules that compute: a stand-in for one of these would turn its numbers into zeros without a word.
COMPUTES = frozenset(_COMPUTES.split())
_QUESTION = """
import importlib.machinery, json, sys
names, packages = json.loads(sys.stdin.read())
path = [*sys.path, *packages]
def there(name):
    if name in sys.builtin_module_names:
        return True
    try:
        return importlib.machinery.PathFinder.find_spec(name, path) is not None
    except Exception:  # an import hook of theirs may raise anything: what cannot be looked up is not there
        return False
print(json.dumps([name for name in names if not there(name)]))
"""


@dataclass(frozen=True)
class Imported:
    """One import of a module that is not the system's. ``guarded``: a failure is caught, or it is only reached when a
    function runs. ``connects``: something of it is called while the module is imported."""

    name: str
    file: str
    line: int
    guarded: bool = False
    connects: bool = False

    @property
    def top(self) -> str:
        """The package that would have to be installed."""
        return self.name.partition(".")[0]


def foreign_imports(first: Module, modules: Mapping[str, Module]) -> list[Imported]:
    """What the strategy's module and all that it imports want from outside, each package once: an unguarded import
    before a guarded one, one that connects before one that does not."""
    own = {name.partition(".")[0] for name in modules}
    found: dict[str, Imported] = {}
    for module in closure(first, modules):
        for imported in _foreign(module):
            known = found.get(imported.top)
            rank = (imported.connects, not imported.guarded)
            if imported.top not in own and (known is None or rank > (known.connects, not known.guarded)):
                found[imported.top] = imported
    return sorted(found.values(), key=lambda imported: imported.name)


def not_installed(names: Sequence[str], python: Path) -> list[str]:
    """The packages of ``names`` that the interpreter cannot find; all are taken to be there where it cannot be asked."""
    try:
        interpreter = inspect_interpreter(python)
        done = subprocess.run(
            [interpreter.executable, "-I", "-S", "-B", "-c", _QUESTION],
            input=json.dumps([list(names), list(interpreter.packages)]),
            capture_output=True,
            text=True,
            timeout=30,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            check=True,
        )
        return [str(name) for name in json.loads(done.stdout)]
    except (SandboxError, OSError, subprocess.SubprocessError, ValueError):
        return []


def _foreign(module: Module) -> Iterator[Imported]:
    called = set(_called_at_import(module.tree))
    for node, guarded in _statements(module.tree, False):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                yield Imported(alias.name, module.file, node.lineno, guarded, local in called)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            connects = any((alias.asname or alias.name) in called for alias in node.names)
            yield Imported(node.module, module.file, node.lineno, guarded, connects)


def _statements(node: ast.AST, guarded: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Every statement, and whether it may fail or never run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        inside = guarded
        if isinstance(node, ast.Try) and child in node.body and node.handlers:
            inside = True
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = True
        if isinstance(child, ast.If) and _never_here(child.test):
            inside = True
        if isinstance(child, ast.stmt):
            yield child, inside
        yield from _statements(child, inside)


def _never_here(test: ast.expr) -> bool:
    """``TYPE_CHECKING`` or ``__name__ == "__main__"``."""
    names = {n.id if isinstance(n, ast.Name) else getattr(n, "attr", "") for n in ast.walk(test)}
    return bool(names & {"TYPE_CHECKING", "__name__"})


def _called_at_import(tree: ast.Module) -> Iterator[str]:
    """Names whose attributes, or that themselves, are called by statements that run at import."""
    for statement, guarded in _statements(tree, False):
        if guarded or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in _own_expressions(statement):
            if isinstance(node, ast.Call):
                function: ast.expr = node.func
                while isinstance(function, ast.Attribute | ast.Call | ast.Subscript):
                    function = function.func if isinstance(function, ast.Call) else function.value
                if isinstance(function, ast.Name):
                    yield function.id


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement, not those of statements inside it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.Lambda):
            waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
