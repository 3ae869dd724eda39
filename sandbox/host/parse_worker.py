"""Parses source that nobody trusts, in a process that may die of it. Runs under our own interpreter; never
executes what it reads. One request: a line with the size in bytes (and " ast" where libcst need not take it), then the
source; one answer: a JSON line."""

from __future__ import annotations

import ast
import io
import json
import resource
import sys
import tokenize

_MEMORY_BYTES, _CPU_SECONDS, _STACK_BYTES = 1 << 30, 60, 8 << 20
_MOST_NESTED = 300
#: Below the host's own limit, so that what passes here does not exhaust a visitor there.
_RECURSION = 900


def limit() -> None:
    """Memory, processor time, no files, no processes."""
    for kind, value in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, _STACK_BYTES),
    ):
        resource.setrlimit(kind, (value, value))


def depth(tree: ast.AST) -> int:
    """How deep the deepest node lies, without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


def reads_as(source: bytes, encoding: str, text: str) -> bool:
    """Whether an interpreter that obeys the file's coding line runs the program that is read here."""
    try:
        return source.decode(encoding) == text
    except (LookupError, UnicodeError):
        return False


def why_not(source: bytes, only_ast: bool = False) -> str | None:
    """One line about what is wrong with the source; None if Python and libcst (unless ``only_ast``) both take it."""
    import libcst

    try:
        text = source.decode("utf-8")
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        if encoding not in ("utf-8", "utf-8-sig") and not reads_as(source, encoding, text):
            return f"read as {encoding}, which it declares, it is another program: save it as UTF-8"
        nested = depth(ast.parse(text))
        if nested > _MOST_NESTED:
            return f"nested {nested} levels deep, more than {_MOST_NESTED}"
        if not only_ast:
            libcst.parse_module(text).visit(libcst.CSTTransformer())
    except UnicodeDecodeError:
        return "not UTF-8 text"
    except SyntaxError as error:
        return f"SyntaxError: {error.msg} (line {error.lineno})"
    except libcst.ParserSyntaxError as error:
        return f"libcst cannot read it: {error.message} (line {error.raw_line})"
    except RecursionError:
        return "nested too deeply"
    except MemoryError:
        return "too large or too deeply nested to parse"
    except ValueError as error:
        return f"ValueError: {error}"
    return None


def main() -> None:
    """Answer until the host hangs up."""
    import libcst  # before the limits bite

    _ = libcst
    limit()
    sys.setrecursionlimit(_RECURSION)
    while header := sys.stdin.buffer.readline():
        size, _, how = header.partition(b" ")
        source = sys.stdin.buffer.read(int(size))
        sys.stdout.write(json.dumps({"why": why_not(source, how.strip() == b"ast")}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
