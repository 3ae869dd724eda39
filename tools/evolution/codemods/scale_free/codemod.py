"""From a fixed number to a market's own scale: the codemod for absolute thresholds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import libcst as cst

from tools.contracts import Finding
from tools.evolution.codemods.base import Change, RepairError
from tools.evolution.codemods.scale_free import settings
from tools.evolution.codemods.scale_free.condition import asked_every_bar, constant_text, repair
from tools.evolution.codemods.scale_free.file_edit import FileEdit
from tools.evolution.codemods.scale_free.home import LITERAL, Home, find_home
from tools.evolution.codemods.scale_free.level import Level
from tools.evolution.codemods.scale_free.plan import VARIANTS, Threshold, thresholds_of, writes_settings
from tools.evolution.codemods.scale_free.tables import drop_unread, keys_in

#: Conditions that share a setting must agree on its value within this share of it, else each gets its own number.
SPREAD = 0.03


class ScaleFreeThreshold:
    """Handles constants inline, named or in a config field, in vectorised and in scalar code."""

    name = "scale_free_threshold"
    variants = VARIANTS

    def __init__(self, category: str) -> None:
        self.category = category

    def change(self, sources: Mapping[str, str], finding: Finding, variant: int) -> Change:
        """See Codemod. Only files of ``sources`` are read; tests belong in it, so that their uses are seen."""
        return _Session(sources, finding, variant).run()


class _Session:
    def __init__(self, sources: Mapping[str, str], finding: Finding, variant: int) -> None:
        self.sources, self.finding = sources, finding
        self.thresholds = thresholds_of(finding, variant)
        self.may_write_settings = writes_settings(finding, variant)
        self.edits: dict[str, FileEdit] = {}
        self.editable = [f for f in finding.details["editable"] if f in sources and f.endswith(".py")]

    def open(self, file: str) -> FileEdit:
        if file not in self.edits:
            if file not in self.editable:
                raise RepairError(f"{file} may not be edited (see [system] editable in mendel.toml)")
            self.edits[file] = FileEdit(file, self.sources[file])
        return self.edits[file]

    def run(self) -> Change:
        home = self._home()
        bars = {t: t.remembered(asked_every_bar(self.open(t.file), t)) for t in self.thresholds}
        self.shared = self._may_be_settings(home, bars)
        kept = [repair(self.open, self._candidates(), self._level(t, bars[t])) for t in self.thresholds]
        if self.shared and not any(kept):
            self._move_setting(home, bars[self.thresholds[0]])
        elif not any(kept):
            drop_unread(self.open, self.sources, self.editable, self._keys())
        files = {f: e.result() for f, e in self.edits.items()}
        changed = {f: text for f, text in files.items() if text != self.sources[f]}
        for file, text in changed.items():
            self._parses(file, text)
        first = self.thresholds[0]
        return Change(
            changed,
            self._rationale(),
            {"bars": float(bars[first]), "warmup": bars[first] // 7, "value": self._value()},
        )

    def _keys(self) -> Counter[str]:
        """What the numbers were looked up by."""
        sides = [
            cst.parse_expression(constant_text(self.open(t.file).node_at(t.node, t.text), t.constant_side))
            for t in self.thresholds
        ]
        return Counter(key for side in sides for key in keys_in(side))

    def _may_be_settings(self, home: Home, bars: Mapping[Threshold, int]) -> bool:
        """Whether the conditions can share two settings where the number's home is."""
        if (
            not self.may_write_settings
            or home.kind == "literal"
            or home.file not in self.editable
            or len(set(bars.values())) > 1
        ):
            return False
        sizes = [abs(t.value) for t in self.thresholds]
        agree = max(sizes) - min(sizes) <= SPREAD * max(sizes)
        return (
            agree and not settings.taken(self.sources, home, self.thresholds[0].form) and not self._per_bar()
        )

    def _candidates(self) -> dict[str, str]:
        names = {t.function.split(".")[-1] for t in self.thresholds}
        return {f: self.sources[f] for f in self.editable if any(n in self.sources[f] for n in names)}

    def _home(self) -> Home:
        self.homes = dict(zip(self.thresholds, self._in_order(), strict=True))
        names = {(h.kind, h.file, h.owner, h.name) for h in self.homes.values()}
        return next(iter(self.homes.values())) if len(names) == 1 else LITERAL

    def _in_order(self) -> list[Home]:
        found = []
        for t in self.thresholds:
            node = self.open(t.file).node_at(t.node, t.text)
            found.append(find_home(self.sources, t.file, t.function, constant_text(node, t.constant_side)))
        return found

    def _per_bar(self) -> bool:
        """Whether some condition runs once a call of a per-bar function: its callers then hold the numbers."""
        for t in self.thresholds:
            edit = self.open(t.file)
            if not t.vector and edit.repeated_statement(edit.node_at(t.node, t.text)) is None:
                return True
        return False

    def _value(self) -> float:
        sizes = [abs(t.value) for t in self.thresholds]
        return float(f"{sum(sizes) / len(sizes):.3g}")

    def _level(self, threshold: Threshold, bars: int) -> Level:
        if self.shared:
            return Level(threshold, *settings.access(self.homes[threshold], threshold.form))
        return Level(threshold, str(bars), str(threshold.value))

    def _move_setting(self, home: Home, bars: int) -> None:
        aliases = {(t.file, t.function, h.alias) for t, h in self.homes.items() if h.alias}
        used = len(self.thresholds) - sum(bool(h.alias) for h in self.homes.values()) + len(aliases)
        form = self.thresholds[0].form
        settings.replace_setting(self.open, self.sources, home, used, form, (bars, self._value()))
        for file, function, alias in aliases:
            self._drop_alias(self.open(file), function.split(".")[-1], alias)

    def _drop_alias(self, edit: FileEdit, function: str, alias: str) -> None:
        """Remove ``floor = params.floor`` when the repaired conditions were its only readers."""
        scope = [n for n in edit.positions if isinstance(n, cst.FunctionDef) and n.name.value == function]
        if len(scope) != 1:
            return
        names = [
            n
            for n in edit.positions
            if isinstance(n, cst.Name) and n.value == alias and edit.function_of(n) is scope[0]
        ]
        repaired = [e for e in edit.edits if isinstance(e, (cst.Comparison, cst.Call))]
        outside = [n for n in names if not any(r in edit.ancestors(n) for r in repaired)]
        statement = edit.parents[edit.parents[outside[0]]] if len(outside) == 1 else None
        line = (
            next((n for n in edit.ancestors(outside[0]) if isinstance(n, cst.SimpleStatementLine)), None)
            if statement
            else None
        )
        if line is not None and len(line.body) == 1:
            edit.removed.add(line)

    def _parses(self, file: str, text: str) -> None:
        try:
            compile(text, file, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise RepairError(
                f"{file}:{error.lineno}: the repaired text does not parse: {error.msg}"
            ) from error

    def _rationale(self) -> str:
        first = self.thresholds[0]
        conditions = " and ".join(f"`{t.text}`" for t in self.thresholds)
        verb = "compares" if len(self.thresholds) == 1 else "compare"
        if first.form == "rank":
            how = f"what passes is the share that passed on {first.reference} ({self._value():.1%})"
        else:
            how = (
                f"the level is {self._value():g} times the usual size, as the number was on {first.reference}"
            )
        return (
            f"{conditions} {verb} an amount with a fixed number, which means something else on every market. After the patch "
            f"the comparison is with the market's own past, known before the bar: {how}, where the condition was not the "
            f"blocker."
        )
