"""Reading statements: assignments, branches, loops, and what each makes the later ones depend on."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from tools.analysis.architecture.calls import Calls, annotated_class
from tools.analysis.architecture.columns import PLAIN_DECISIONS
from tools.analysis.architecture.machine import Frame
from tools.analysis.architecture.program import FunctionNode
from tools.analysis.architecture.syntax import iterated, string_keys
from tools.analysis.architecture.values import DIMENSIONLESS, UNKNOWN, Shape, Value, join

LEAVING = (ast.Return, ast.Continue, ast.Break, ast.Raise)


class Reader(Calls):
    """The complete reading of a program."""

    def execute(self, frame: Frame, body: Sequence[ast.stmt]) -> bool:
        outer = frame.control
        for statement in body:
            self.steps += 1
            if self._statement(frame, statement):
                frame.control = outer
                return True
        frame.control = outer
        return False

    def _statement(self, frame: Frame, node: ast.stmt) -> bool:
        """Read one statement; True when control leaves the block here."""
        handler = getattr(self, "_do_" + type(node).__name__.lower(), None)
        if handler is not None:
            return bool(handler(frame, node))
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(frame, child)
        return isinstance(node, LEAVING)

    def _do_functiondef(self, frame: Frame, node: FunctionNode) -> bool:
        return False  # read through Program.functions

    _do_asyncfunctiondef = _do_functiondef

    def _do_classdef(self, frame: Frame, node: ast.ClassDef) -> bool:
        self.execute(replace(frame, names={}), [s for s in node.body if not isinstance(s, FunctionNode)])
        return False

    def _do_import(self, frame: Frame, node: ast.Import | ast.ImportFrom) -> bool:
        return False

    _do_importfrom = _do_import

    def _do_assign(self, frame: Frame, node: ast.Assign) -> bool:
        value = self.evaluate(frame, node.value)
        for target in node.targets:
            self.store(frame, target, value)
        return False

    def _do_annassign(self, frame: Frame, node: ast.AnnAssign) -> bool:
        if node.value is not None:
            value = self.evaluate(frame, node.value)
            owner = annotated_class(node.annotation)
            if owner and not value.owner and self.program.class_named(owner):
                value = replace(value, owner=owner)
            self.store(frame, node.target, value)
        return False

    def _do_augassign(self, frame: Frame, node: ast.AugAssign) -> bool:
        before = self.evaluate(frame, node.target)
        value = self.evaluate(frame, node.value)
        after = self.binary(node.op, before, value)
        unit = after.unit if after.unit is not None else value.unit
        self.store(frame, node.target, replace(after, unit=unit, constant=None))
        return False

    def _do_return(self, frame: Frame, node: ast.Return) -> bool:
        if node.value is not None:
            frame.returned.append(self.evaluate(frame, node.value).tainted(frame.control))
        return True

    def _do_expr(self, frame: Frame, node: ast.Expr) -> bool:
        value = node.value
        if isinstance(value, ast.Yield) and value.value is not None:
            frame.returned.append(self.evaluate(frame, value.value).tainted(frame.control))
            return False
        result = self.evaluate(frame, value)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            self._mutating_call(frame, value, value.func, result)
        return False

    def _mutating_call(self, frame: Frame, node: ast.Call, func: ast.Attribute, result: Value) -> None:
        """``xs.append(v)`` and its like change the list, which holds what was seen so far, not the sample."""
        if func.attr not in ("append", "appendleft", "add", "extend", "insert") or not node.args:
            return
        item = replace(self.evaluate(frame, node.args[-1]).tainted(frame.control), shape=Shape.SLICE)
        if isinstance(func.value, ast.Name):
            if func.value.id in PLAIN_DECISIONS:
                self.decide(frame, func.value.id, node, item)
            old = frame.names.get(func.value.id, UNKNOWN)
            grown = join(replace(old, items=()), item)
            frame.names[func.value.id] = replace(grown, items=(), constant=None, shape=Shape.SLICE)
        elif isinstance(func.value, ast.Attribute):
            self.store(frame, func.value, replace(item, constant=None))

    def _do_if(self, frame: Frame, node: ast.If) -> bool:
        test = self.evaluate(frame, node.test)
        outer, before = frame.control, dict(frame.names)
        frame.control = outer.tainted(test)
        left_body = self.execute(frame, node.body)
        after_body = frame.names
        frame.names = before
        frame.control = outer.tainted(test)
        left_else = self.execute(frame, node.orelse)
        frame.control = outer
        if left_body and not left_else:
            pass
        elif left_else and not left_body:
            frame.names = after_body
        else:
            frame.names = _merged(after_body, frame.names)
        if (left_body or left_else) and not _only_raises(node):
            frame.control = outer.tainted(test)  # what follows runs only when the branch was not taken
        return left_body and left_else and bool(node.orelse)

    def _do_for(self, frame: Frame, node: ast.For | ast.AsyncFor) -> bool:
        source = self.evaluate(frame, node.iter)
        self._bind_loop(frame, node.target, node.iter, source)
        return self._loop(frame, node)

    _do_asyncfor = _do_for

    def _bind_loop(self, frame: Frame, target: ast.expr, iterable: ast.expr, source: Value) -> None:
        """Bind loop variables; ``enumerate`` and ``zip`` pair them with their sources."""
        name = (
            iterable.func.id if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) else ""
        )
        if isinstance(target, ast.Tuple) and isinstance(iterable, ast.Call) and name in ("enumerate", "zip"):
            values = [iterated(self.evaluate(frame, item)) for item in iterable.args]
            if name == "enumerate":
                values = [DIMENSIONLESS, *values[:1]]
            if len(values) == len(target.elts):
                for item, value in zip(target.elts, values, strict=True):
                    self.store(frame, item, value)
                return
        if name == "range":
            self.store(frame, target, Value(DIMENSIONLESS.unit, source.origins, shape=Shape.SCALAR))
            return
        self.store(frame, target, iterated(source))

    def _do_while(self, frame: Frame, node: ast.While) -> bool:
        test = self.evaluate(frame, node.test)
        outer = frame.control
        frame.control = outer.tainted(test)
        self._loop(frame, node)
        frame.control = outer
        return False

    def _loop(self, frame: Frame, node: ast.For | ast.AsyncFor | ast.While) -> bool:
        """The body twice, so that what one pass leaves reaches the next."""
        for _ in range(2):
            before = dict(frame.names)
            self.execute(frame, node.body)
            frame.names = _merged(before, frame.names)
        self.execute(frame, node.orelse)
        return False

    def _do_try(self, frame: Frame, node: ast.Try) -> bool:
        left = self.execute(frame, node.body)
        after = dict(frame.names)
        for handler in node.handlers:
            left = self.execute(frame, handler.body) and left
            after = _merged(after, frame.names)
        frame.names = after
        self.execute(frame, node.orelse)
        self.execute(frame, node.finalbody)
        return left

    _do_trystar = _do_try

    def _do_with(self, frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            value = self.evaluate(frame, item.context_expr)
            if item.optional_vars is not None:
                self.store(frame, item.optional_vars, value)
        outer = frame.control
        left = self.execute(frame, node.body)
        frame.control = outer
        return left

    _do_asyncwith = _do_with

    def _do_match(self, frame: Frame, node: ast.Match) -> bool:
        subject = self.evaluate(frame, node.subject)
        outer, before = frame.control, dict(frame.names)
        merged = dict(before)
        for case in node.cases:
            frame.names, frame.control = dict(before), outer.tainted(subject)
            self.execute(frame, case.body)
            merged = _merged(merged, frame.names)
        frame.names, frame.control = merged, outer
        return False

    # ---- assignment -------------------------------------------------------------------------------------

    def store(self, frame: Frame, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self._store_name(frame, target, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for i, item in enumerate(target.elts):
                self.store(
                    frame, item, value.items[i] if len(value.items) == len(target.elts) else _part(value)
                )
        elif isinstance(target, ast.Starred):
            self.store(frame, target.value, _part(value))
        elif isinstance(target, ast.Attribute):
            self._store_attribute(frame, target, value)
        elif isinstance(target, ast.Subscript):
            self._store_element(frame, target, value)

    def _store_name(self, frame: Frame, target: ast.Name, value: Value) -> None:
        constant = value.constant
        if constant is not None and constant.kind == "literal":
            value = replace(value, constant=constant._replace(kind="local", name=target.id))
        value = value.tainted(frame.control)
        if target.id in PLAIN_DECISIONS and frame.function is not None and value.gates:
            self.decide(frame, target.id, target, value)
        frame.names[target.id] = value
        if self.recording:
            self.record(frame, target, value)

    def _store_attribute(self, frame: Frame, target: ast.Attribute, value: Value) -> None:
        base = self.evaluate(frame, target.value)
        value = value.tainted(frame.control)
        if target.attr == "index" and isinstance(target.value, ast.Name) and base.shape is Shape.COARSE:
            frame.names[target.value.id] = replace(base, shape=Shape.SERIES)  # the labels were moved
            return
        if target.attr in PLAIN_DECISIONS and value.gates:
            self.decide(frame, target.attr, target, value)
        constant = value.constant
        if constant is not None and constant.kind == "literal":
            value = replace(value, constant=constant._replace(kind="field", name=target.attr))
        self.attribute_write(base.owner, target.attr, value)

    def _store_element(self, frame: Frame, target: ast.Subscript, value: Value) -> None:
        """``out["enter_long"] = x``, ``df.loc[mask, "enter_long"] = 1``, ``arr[i] = x``."""
        base = self.evaluate(frame, target.value)
        keys = string_keys(target.slice)
        rows = (
            target.slice.elts[0]
            if isinstance(target.slice, ast.Tuple) and len(target.slice.elts) == 2
            else None
        )
        if rows is not None and not isinstance(rows, ast.Slice):
            value = value.tainted(self.evaluate(frame, rows))
        for i, key in enumerate(keys):
            part = value.items[i].tainted(value) if len(value.items) == len(keys) else value
            self.keyed_write(frame, key, target, replace(part, items=(), constant=part.constant))
        if keys:
            return
        if not isinstance(target.slice, ast.Slice):
            value = value.tainted(self.evaluate(frame, target.slice))
        value = value.tainted(frame.control)
        self._merge_into(frame, target, base, value)

    def _merge_into(self, frame: Frame, target: ast.Subscript, base: Value, value: Value) -> None:
        """An element of an array was written: the array is what it was, or this."""
        merged = replace(join(replace(base, items=()), value), items=(), owner=base.owner, constant=None)
        holder = target.value
        if isinstance(holder, ast.Name):
            if holder.id in PLAIN_DECISIONS:
                self.decide(frame, holder.id, target, value)
            frame.names[holder.id] = merged
        elif isinstance(holder, ast.Attribute):
            self._store_attribute(frame, holder, merged)


def _part(value: Value) -> Value:
    """One unpacked element of a value whose elements are not known apart."""
    return replace(iterated(value), unit=None) if not value.items else iterated(value)


def _merged(left: dict[str, Value], right: dict[str, Value]) -> dict[str, Value]:
    """Names after two branches."""
    merged = dict(left)
    for name, value in right.items():
        merged[name] = join(left[name], value) if name in left else value
    return merged


def _only_raises(node: ast.If) -> bool:
    """A guard that refuses bad input: what follows does not depend on market conditions through it."""
    return isinstance(node.body[-1], ast.Raise)
