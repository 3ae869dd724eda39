"""Reading calls: into the program where its function is known, by the library tables where it is not."""

from __future__ import annotations

import ast
from dataclasses import replace

from tools.analysis.architecture import library
from tools.analysis.architecture.columns import OTHER_DECISIONS, parameter_unit
from tools.analysis.architecture.library_calls import LibraryCalls, folded
from tools.analysis.architecture.machine import (
    MAX_CALL_DEPTH,
    MAX_CONTEXTS,
    MAX_STEPS,
    Frame,
    Opaque,
    combine,
)
from tools.analysis.architecture.program import Class, Function
from tools.analysis.architecture.values import (
    RATIO,
    UNKNOWN,
    Shape,
    Value,
    join,
)


class Calls(LibraryCalls):
    """Evaluation of calls."""

    def call(self, frame: Frame, node: ast.Call) -> Value:
        found = self.program.dotted(frame.file, node.func)
        if isinstance(node.func, ast.Name) and node.func.id in frame.names:
            found = None
        if isinstance(found, Class):
            return self._construct(frame, node, found)
        if isinstance(found, Function):
            return self._bound(frame, node, found, None)
        if isinstance(found, str):
            return self._external(frame, node, found)
        if isinstance(node.func, ast.Attribute):
            return self._method(frame, node, node.func)
        return self._builtin(frame, node)

    # ---- into the program -------------------------------------------------------------------------------

    def _bound(self, frame: Frame, node: ast.Call, function: Function, receiver: Value | None) -> Value:
        """Call a function of the program with this call's arguments."""
        names = [arg.arg for arg in function.parameters]
        given: dict[str, Value] = {}
        static = any(getattr(item, "id", "") == "staticmethod" for item in function.node.decorator_list)
        if receiver is not None and function.owner and names and not static:
            given[names[0]] = receiver
            names = names[1:]
        for name, argument in zip(names, node.args, strict=False):
            if isinstance(argument, ast.Starred):
                self.evaluate(frame, argument.value)
                break
            given[name] = self.evaluate(frame, argument)
        for keyword in node.keywords:
            value = self.evaluate(frame, keyword.value)
            if keyword.arg:
                given[keyword.arg] = value
        self.called.add(function.key)
        return self.invoke(function, given).tainted(Value())

    def invoke(self, function: Function, arguments: dict[str, Value]) -> Value:
        key = (function.key, tuple(value for _, value in sorted(arguments.items())))
        if key in self.memo:
            return self.memo[key]
        busy = function.key in self.active or self.depth >= MAX_CALL_DEPTH or self.steps > MAX_STEPS
        if busy or self.contexts[function.key] >= MAX_CONTEXTS:
            self._cut(function)
            return folded(list(arguments.values()))
        self.contexts[function.key] += 1
        self.depth += 1
        self.active.add(function.key)
        try:
            result = self._run(function, arguments)
        except RecursionError:
            self._cut(function)
            result = UNKNOWN
        finally:
            self.depth -= 1
            self.active.discard(function.key)
        self.memo[key] = result
        return result

    def _cut(self, function: Function) -> None:
        item = Opaque(
            function.file.path, function.node.lineno, function.name, f"{function.name} (reading cut off)"
        )
        self.opaque[item.file, item.line, item.callee] = item

    def _run(self, function: Function, arguments: dict[str, Value]) -> Value:
        frame = Frame(function.file, function, self._parameters(function, arguments))
        self.execute(frame, function.node.body)
        result = UNKNOWN
        for value in frame.returned:
            result = join(result, value)
        return result

    def _parameters(self, function: Function, arguments: dict[str, Value]) -> dict[str, Value]:
        """Arguments, else defaults, else what the parameter's annotation or name says."""
        defaults = function.defaults()
        names: dict[str, Value] = {}
        for i, parameter in enumerate(function.parameters):
            value = arguments.get(parameter.arg)
            if value is None and parameter.arg in defaults:
                value = self._defaulted(function, parameter.arg, defaults[parameter.arg])
            value = value or UNKNOWN
            owner = annotated_class(parameter.annotation)
            if not value.owner and owner and self.program.class_named(owner):
                value = replace(value, owner=owner)
            if i == 0 and function.owner and parameter.arg in ("self", "cls"):
                value = replace(value, owner=function.owner)
            if value == UNKNOWN and (unit := parameter_unit(parameter.arg)) is not None:
                origin = self.origin(Frame(function.file, function), "column", parameter.arg, parameter)
                value = Value(unit, frozenset({origin}))
            names[parameter.arg] = value
        return names

    def _defaulted(self, function: Function, name: str, node: ast.expr) -> Value:
        value = self.evaluate(Frame(function.file, None), node)
        if value.constant is None or value.constant.kind != "literal":
            return value
        return replace(value, constant=value.constant._replace(kind="default", name=name))

    def _construct(self, frame: Frame, node: ast.Call, owner: Class) -> Value:
        """An instance: fields by position and keyword, then ``__init__``."""
        instance = Value(owner=owner.name)
        positional = list(owner.fields)
        pairs = [*zip(positional, node.args, strict=False)]
        pairs += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        init = self.program.method(owner.name, "__init__")
        sources = UNKNOWN
        for name, argument in pairs:
            value = self.evaluate(frame, argument)
            sources = combine(sources, value)
            if init is None and not owner.settings:
                self.attribute_write(owner.name, name, value)
        if init is not None:
            self._bound(frame, node, init, instance)
        if owner.settings:
            return instance
        return replace(instance, origins=sources.origins, gates=sources.gates)

    def attribute_write(self, owner: str, name: str, value: Value) -> None:
        """An attribute of an instance, remembered under its class and, for unknown owners, its name."""
        for place in {owner, ""}:
            old = self.attributes.get((place, name))
            self.attributes[place, name] = value if old is None else join(old, value)

    # ---- outside the program ----------------------------------------------------------------------------

    def _method(self, frame: Frame, node: ast.Call, func: ast.Attribute) -> Value:
        receiver = self.evaluate(frame, func.value)
        name = func.attr
        owner = receiver.owner
        if isinstance(func.value, ast.Call) and getattr(func.value.func, "id", "") == "super":
            owner = frame.owner
        method = self.program.method(owner, name) if owner else None
        if method is None and not receiver.origins and name not in library.GENERAL:
            candidates = self.program.by_name.get(name, [])
            method = candidates[0] if len(candidates) == 1 and candidates[0].owner else None
        if method is not None:
            return self._bound(frame, node, method, receiver)
        if owner == frame.owner and owner and name in OTHER_DECISIONS:
            self._arguments(frame, node)
            self.decide(frame, name, node, receiver.of(RATIO))
        if name in ("get", "pop") and node.args and isinstance(node.args[0], ast.Constant):
            return self._get(frame, node, receiver)
        if name == "assign":
            return self._assign(frame, node, receiver)
        return self.apply(
            frame, node, name, [receiver, *self._arguments(frame, node)], [func.value, *node.args]
        )

    def _get(self, frame: Frame, node: ast.Call, receiver: Value) -> Value:
        """``bars.get("open_interest")``, ``params.get("floor", 1e6)``."""
        key = node.args[0]
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        fallback = self.evaluate(frame, node.args[1]) if len(node.args) > 1 else UNKNOWN
        value = self.by_key(frame, node, receiver, name) if name else receiver
        if value.unit is None and not value.origins and fallback.constant is not None:
            return replace(fallback, constant=fallback.constant._replace(name=name, kind="default"))
        return join(value, fallback) if fallback.constant is None else value

    def _assign(self, frame: Frame, node: ast.Call, receiver: Value) -> Value:
        for keyword in node.keywords:
            value = self.evaluate(frame, keyword.value)
            if keyword.arg:
                self.keyed_write(frame, keyword.arg, node, value)
        return receiver

    def _external(self, frame: Frame, node: ast.Call, dotted: str) -> Value:
        """A call into a library, by its full name."""
        arguments = self._arguments(frame, node)
        if dotted in library.CLOCKS:
            return Value(origins=frozenset({self.origin(frame, "clock", dotted, node)}), shape=Shape.SCALAR)
        if dotted.startswith(library.RANDOM_MODULES) and dotted.rpartition(".")[2] not in library.SEEDED:
            return Value(RATIO, frozenset({self.origin(frame, "random", dotted, node)}), shape=Shape.SCALAR)
        if dotted in ("os.getenv", "os.environ.get"):
            name = getattr(node.args[0], "value", "") if node.args else ""
            return Value(origins=frozenset({self.origin(frame, "environment", str(name), node)}))
        name = dotted.rpartition(".")[2]
        if name in ("DataFrame", "dict"):
            self._keyword_columns(frame, node)
        return self.apply(frame, node, name, arguments, list(node.args))

    def _builtin(self, frame: Frame, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "super":
            return frame.names.get("self", UNKNOWN)
        if name == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            spelled = ast.Attribute(node.args[0], str(node.args[1].value), ast.Load())
            return self.evaluate(frame, ast.copy_location(spelled, node))
        if name == "dict":
            self._keyword_columns(frame, node)
        if not isinstance(node.func, ast.Name):
            self.evaluate(frame, node.func)
        return self.apply(frame, node, name, self._arguments(frame, node), list(node.args))

    def _keyword_columns(self, frame: Frame, node: ast.Call) -> None:
        for keyword in node.keywords:
            if keyword.arg:
                self.keyed_write(frame, keyword.arg, node, self.evaluate(frame, keyword.value))

    def _arguments(self, frame: Frame, node: ast.Call) -> list[Value]:
        """Positional arguments; functions of the program among them are called with the first value."""
        values: list[Value] = []
        for argument in node.args:
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            passed = (
                self.program.dotted(frame.file, inner)
                if isinstance(inner, ast.Name | ast.Attribute)
                else None
            )
            if isinstance(passed, Function) and not passed.owner and passed.parameters:
                self.called.add(passed.key)
                first = values[0] if values else UNKNOWN
                if isinstance(node.func, ast.Attribute):
                    first = self.evaluate(frame, node.func.value)
                values.append(self.invoke(passed, {passed.parameters[0].arg: first}))
            else:
                values.append(self.evaluate(frame, inner))
        return values


def annotated_class(node: ast.expr | None) -> str:
    """The class that an annotation names: ``P``, ``mod.P``, ``"P"``, ``P | None``, ``Optional[P]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2].partition(" ")[0]
    if isinstance(node, ast.BinOp):
        return annotated_class(node.left)
    if isinstance(node, ast.Subscript):
        return annotated_class(node.slice)
    return ""
