"""Writes the new module, the switch and the one call into copies of the system's sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from sandbox.host.parse import check_sources
from tools.evolution.enhancement.base import EnhancementError
from tools.evolution.enhancement.profile_module import FUNCTION, MODULE, SWITCH, comment, module_text
from tools.evolution.enhancement.sites import ENTRIES, Site


def written(
    sources: Mapping[str, str], site: Site, settings: tuple[str, str], day_bars: int, volume: str
) -> dict[str, str]:
    """File -> new text: the module beside the site, the switch (off) in the settings' class ``settings`` = (file, class), the
    call at the site. ``volume`` is the column's name. Raises EnhancementError."""
    config, owner = settings
    home = str(PurePosixPath(site.file).with_name(f"{MODULE}.py"))
    switch = SWITCH[site.kind]
    _check(sources, {site.file, config}, home, switch)
    texts = dict(sources)
    texts[config] = _with_switch(texts[config], owner, switch, comment(site.kind), config)
    texts[site.file] = _with_call(texts[site.file], site, home)
    changed = {file: texts[file] for file in {config, site.file}}
    return {**changed, home: module_text(site.kind, day_bars, volume)}


def _check(sources: Mapping[str, str], files: set[str], home: str, switch: str) -> None:
    if home in sources:
        raise EnhancementError(f"{home}: is there already; remove or rename it first")
    taken = [file for file, text in sources.items() if switch in text]
    if taken:
        raise EnhancementError(f"{taken[0]}: uses the name {switch} already; rename it first")
    unsafe = check_sources({f: sources[f] for f in files})
    if unsafe:
        file, why = next(iter(unsafe.items()))
        raise EnhancementError(f"{file}: cannot be changed: {why}")


def _with_switch(text: str, owner: str, switch: str, words: str, file: str) -> str:
    editor = _Field(owner, switch, words)
    code = cst.parse_module(text).visit(editor).code
    if not editor.done:
        raise EnhancementError(f"{file}: no class {owner} with fields to hold the switch; add it by hand")
    return code


def _with_call(text: str, site: Site, home: str) -> str:
    editor: cst.CSTTransformer = _Mask(site) if site.kind == "mask" else _Returns(site)
    tree = cst.parse_module(text).visit(editor)
    context = CodemodContext()
    module = ".".join(PurePosixPath(home).with_suffix("").parts)
    AddImportsVisitor.add_needed_import(context, module, FUNCTION[site.kind])
    return AddImportsVisitor(context).transform_module(tree).code


class _Field(cst.CSTTransformer):
    """Adds a field after the last one of a class."""

    def __init__(self, owner: str, name: str, words: str) -> None:
        super().__init__()
        self.owner, self.done = owner, False
        self.line = cst.parse_module(f"{name}: float = 0.0  # {words}\n").body[0]

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        body = updated_node.body
        if original_node.name.value != self.owner or not isinstance(body, cst.IndentedBlock):
            return updated_node
        fields = [i for i, line in enumerate(body.body) if _is_field(line)]
        if not fields:
            return updated_node
        self.done = True
        lines = [*body.body[: fields[-1] + 1], self.line, *body.body[fields[-1] + 1 :]]
        return updated_node.with_changes(body=body.with_changes(body=lines))


def _is_field(line: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.AnnAssign)


class _Inside(cst.CSTTransformer):
    """Changes one module-level function."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site
        self._stack: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._stack.append(node.name.value)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._stack.pop()
        return updated_node

    def inside(self) -> bool:
        """Whether the walk is in that function itself."""
        return self._stack == [self.site.function]

    def call(self, value: cst.BaseExpression, *more: str) -> cst.BaseExpression:
        """``value`` passed through the new function."""
        site = self.site
        arguments = [site.bars, f"{site.params}.{SWITCH[site.kind]}", *more]
        return cst.Call(
            cst.Name(FUNCTION[site.kind]),
            [cst.Arg(_parenthesised(value)), *(cst.Arg(cst.parse_expression(a)) for a in arguments)],
        )


class _Returns(_Inside):
    """The scores that a function returns."""

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        if not self.inside() or updated_node.value is None:
            return updated_node
        return updated_node.with_changes(value=self.call(updated_node.value))


class _Mask(_Inside):
    """The entries that a strategy assigns."""

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        target = updated_node.targets[0].target
        if not self.inside() or not isinstance(target, cst.Subscript) or len(target.slice) != 1:
            return updated_node
        index = target.slice[0].slice
        side = _side(index.value) if isinstance(index, cst.Index) else None
        if side is None:
            return updated_node
        return updated_node.with_changes(value=self.call(updated_node.value, str(side)))

    def leave_DictElement(
        self, original_node: cst.DictElement, updated_node: cst.DictElement
    ) -> cst.DictElement:
        side = _side(updated_node.key) if self.inside() else None
        if side is None:
            return updated_node
        return updated_node.with_changes(value=self.call(updated_node.value, str(side)))


def _side(key: cst.BaseExpression) -> int | None:
    if not isinstance(key, cst.SimpleString):
        return None
    return ENTRIES.get(str(key.evaluated_value))


def _parenthesised(value: cst.BaseExpression) -> cst.BaseExpression:
    """A tuple needs its parentheses once it is an argument."""
    if isinstance(value, cst.Tuple) and not value.lpar:
        return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return value
