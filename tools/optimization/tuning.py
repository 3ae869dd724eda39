"""Writes found numbers into the source: new defaults of the settings, nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import libcst as cst

from sandbox.host.contracts import Setting
from sandbox.host.parse import check_sources
from tools.analysis.study import Study
from tools.contracts import MendelError, Patch, PatchKind, PatchStatus
from tools.optimization.space import Space
from tools.system.bundles import patch_digest


class TuningError(MendelError):
    """The settings cannot be written into this source."""


def tuned_source(
    text: str, owner: str, values: Mapping[str, Setting], tables: Mapping[str, Setting] | None = None
) -> str:
    """``text`` with new defaults for some fields of the class, or arguments of the function, ``owner``.

    Layout and comments stay. ``tables`` are values of fields that another class writes: they change where a table
    of chosen values (``buy_params``) of this one stands above those. Raises TuningError where a default is not found, or the text is not safe to parse."""
    unsafe = check_sources({"source": text})
    if unsafe:
        raise TuningError(f"the settings' file cannot be changed: {unsafe['source']}")
    editor = _Defaults(owner, values, tables or {})
    changed = cst.parse_module(text).visit(editor)
    missing = sorted(set(values) - editor.done)
    if missing:
        raise TuningError(f"{owner}: no plain default of {', '.join(missing)} to change; change it by hand")
    return changed.code


def tuning_patch(study: Study, space: Space, values: Mapping[str, Setting], rationale: str) -> Patch | None:
    """The patch that makes ``values`` the defaults; None where they are already. Raises TuningError."""
    changed = {n: v for n, v in values.items() if v != space.defaults[n]}
    if not changed:
        return None
    sources, fresh = study.store.sources(study.bundle), dict[str, str]()
    own = (space.file, space.owner.partition(":")[2])
    for file, owner in dict.fromkeys([own, *space.homes.values()]):
        here = {n: v for n, v in changed.items() if space.homes.get(n, own) == (file, owner)}
        before = fresh.get(file, sources[file])
        after = tuned_source(before, owner, here, {n: v for n, v in changed.items() if n not in here})
        if after != before and not study.system.editable(file):
            raise TuningError(f"{file}: may not be changed; add it to [system] editable in mendel.toml")
        fresh |= {file: after} if after != before else {}
    bundle = study.store.derive(study.bundle, dict(fresh))
    return patch_between(study, bundle, PatchKind.TUNING, rationale)


def patch_between(study: Study, bundle: str, kind: PatchKind, rationale: str) -> Patch:
    """The proposed patch from the study's bundle to another."""
    diff = study.store.diff(study.bundle, bundle)
    digest = patch_digest(study.bundle, bundle, diff)
    return Patch(
        id=hashlib.sha256(f"{kind}{digest}".encode()).hexdigest()[:10],
        kind=kind,
        status=PatchStatus.PROPOSED,
        digest=digest,
        base=study.bundle,
        bundle=bundle,
        files=study.store.changed(study.bundle, bundle),
        diff=diff,
        rationale=rationale,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


class _Defaults(cst.CSTTransformer):
    """Replaces defaults inside one class or function."""

    def __init__(self, owner: str, values: Mapping[str, Setting], tables: Mapping[str, Setting]) -> None:
        super().__init__()
        self.owner, self.values, self.done = owner, values, set[str]()
        self.tables = {**tables, **values}
        self._stack: list[str] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._stack.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        self._stack.pop()
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._stack.append(node.name.value)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._stack.pop()
        return updated_node

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign:
        target = original_node.target
        if self._is_table(target, updated_node.value):
            return updated_node.with_changes(value=self._with_entries(updated_node.value))
        if not (self._here() and isinstance(target, cst.Name)) or original_node.value is None:
            return updated_node
        value = self._assigned(target.value, original_node.value)
        return updated_node if value is None else updated_node.with_changes(value=value)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        """A freqtrade strategy's: ``name = IntParameter(…, default=…)``, ``buy_params = {…}``, ``stoploss = …``."""
        target, value = original_node.targets[0].target, updated_node.value
        if self._is_table(target, value):
            return updated_node.with_changes(value=self._with_entries(value))
        if not (self._here() and isinstance(target, cst.Name)):
            return updated_node
        fresh = self._assigned(target.value, value)
        return updated_node if fresh is None else updated_node.with_changes(value=fresh)

    def _assigned(self, name: str, value: cst.BaseExpression) -> cst.BaseExpression | None:
        if isinstance(value, cst.Call):
            return self._with_default(value, name) if name in self.values else None
        if isinstance(value, cst.Dict) and name.endswith("_params"):
            return self._with_entries(value)
        return self._replaced(name)

    def _is_table(self, target: cst.BaseExpression, value: cst.BaseExpression | None) -> bool:
        """``CONFIG = {...}`` at the top of a module, where the owner is such a table."""
        named = isinstance(target, cst.Name) and target.value == self.owner
        return not self._stack and named and isinstance(value, cst.Dict)

    def _with_entries(self, table: cst.BaseExpression | None) -> cst.Dict:
        assert isinstance(table, cst.Dict)
        return table.with_changes(elements=[self._entry(element) for element in table.elements])

    def _with_default(self, call: cst.Call, name: str) -> cst.Call:
        """The call of a parameter: its ``default``, added where it is not written (a choice's first value then counts)."""
        arguments = list(call.args)
        at = next((k for k, a in enumerate(arguments) if a.keyword and a.keyword.value == "default"), None)
        if at is not None:
            value = self._replaced(name)
            assert value is not None
            arguments[at] = arguments[at].with_changes(value=value)
        elif isinstance(call.func, cst.Name | cst.Attribute) and name in self.values:
            made = cst.parse_expression(f"f(default={_written(self.values[name])})")
            assert isinstance(made, cst.Call)
            self.done.add(name)
            arguments.append(made.args[0])
        return call.with_changes(args=arguments)

    def _entry(self, element: cst.BaseDictElement) -> cst.BaseDictElement:
        key = element.key if isinstance(element, cst.DictElement) else None
        name = key.evaluated_value if isinstance(key, cst.SimpleString) else None
        if not isinstance(name, str) or name not in self.tables:
            return element
        self.done.add(name)
        return element.with_changes(value=cst.parse_expression(_written(self.tables[name])))

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:
        if (
            self._stack[:1] != [self.owner]
            or self._stack[1:] not in ([], ["__init__"])
            or original_node.default is None
        ):
            return updated_node
        value = self._replaced(original_node.name.value)
        return updated_node if value is None else updated_node.with_changes(default=value)

    def _here(self) -> bool:
        return self._stack == [self.owner]

    def _replaced(self, name: str) -> cst.BaseExpression | None:
        if name not in self.values:
            return None
        self.done.add(name)
        return cst.parse_expression(_written(self.values[name]))


def _written(value: Setting) -> str:
    """As source; texts in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)
