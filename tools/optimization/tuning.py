"""Writes found numbers into the source: new defaults of the settings, nothing else."""

from __future__ import annotations

import hashlib
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


def tuned_source(text: str, owner: str, values: Mapping[str, Setting]) -> str:
    """``text`` with new defaults for some fields of the class, or arguments of the function, ``owner``.

    Layout and comments stay. Raises TuningError where a default is not found, or the text is not safe to parse."""
    unsafe = check_sources({"source": text})
    if unsafe:
        raise TuningError(f"the settings' file cannot be changed: {unsafe['source']}")
    editor = _Defaults(owner, values)
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
    if not study.system.editable(space.file):
        raise TuningError(f"{space.file}: may not be changed; add it to [system] editable in mendel.toml")
    text = tuned_source(study.store.sources(study.bundle)[space.file], space.owner.partition(":")[2], changed)
    bundle = study.store.derive(study.bundle, {space.file: text})
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

    def __init__(self, owner: str, values: Mapping[str, Setting]) -> None:
        super().__init__()
        self.owner, self.values, self.done = owner, values, set[str]()
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
        if not (self._here() and isinstance(target, cst.Name)) or original_node.value is None:
            return updated_node
        value = self._replaced(target.value)
        return updated_node if value is None else updated_node.with_changes(value=value)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        """A freqtrade strategy's: ``name = IntParameter(…, default=…)``, ``buy_params = {…}``, ``stoploss = …``."""
        target, value = original_node.targets[0].target, updated_node.value
        if not (self._here() and isinstance(target, cst.Name)):
            return updated_node
        name = target.value
        fresh: cst.BaseExpression | None = None
        if isinstance(value, cst.Call) and name in self.values:
            fresh = self._with_default(value, name)
        elif isinstance(value, cst.Dict) and name.endswith("_params"):
            fresh = value.with_changes(elements=[self._entry(element) for element in value.elements])
        elif not isinstance(value, cst.Call):
            fresh = self._replaced(name)
        return updated_node if fresh is None else updated_node.with_changes(value=fresh)

    def _with_default(self, call: cst.Call, name: str) -> cst.Call:
        arguments = list(call.args)
        for at, argument in enumerate(arguments):
            if argument.keyword is not None and argument.keyword.value == "default":
                arguments[at] = argument.with_changes(value=self._replaced(name))
        return call.with_changes(args=arguments)

    def _entry(self, element: cst.BaseDictElement) -> cst.BaseDictElement:
        key = element.key if isinstance(element, cst.DictElement) else None
        name = key.evaluated_value if isinstance(key, cst.SimpleString) else None
        value = self._replaced(name) if isinstance(name, str) else None
        return element if value is None else element.with_changes(value=value)

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
        return cst.parse_expression(repr(self.values[name]))
