"""Mendel's words, explained for a person who asks."""

from __future__ import annotations

import difflib

WORDS: dict[str, str] = {
    "vault": "The newest stretch of your data. Nothing looks at it but the last gate, once for a patch, and only yes or no comes back: so it stays a fair judge. Everything else ends at its start.",
    "hypothesis": "A claim that is fixed in writing before it is tested, and tested once. It ends as supported, not_supported, underpowered or untestable.",
    "underpowered": "There is too little data to tell. It is no evidence against the idea; the months of data that would be needed are told beside it.",
    "untestable": "The market lacks what the claim is about, taker flow for example. Nothing was spent.",
    "supported": "The claim held in a test that was registered beforehand, at the level that the ledger allowed.",
    "exposure": "How much your system trades. A change that wakes a symbol up or raises trades by more than a quarter needs your explicit yes, even when it is a correct fix: say 'with exposure' when you approve.",
    "gate": "One check that a patch must pass. Each kind of patch has its own list; a gate that does not know says unknown, and never pass.",
    "bundle": "A copy of your system's source, named after its content and never changed. What is run, judged and applied is a bundle; your own files are untouched until a patch is applied.",
    "ledger": "The append-only record of what was claimed, tried, judged, approved and changed. Each entry carries the hash of the one before it. To check it: mendel ledger verify.",
    "alpha": "The share of false alarms that can be afforded. Each test spends some of it before its result is seen, so that an endless loop does not find an edge in noise.",
    "starved": "A symbol is starved when it has fewer than 1 % of the trades of the symbol that trades most. To see why: ask why it is silent.",
    "finding": "A defect with an input on which your system misbehaves, and where it can be written a test that fails before the repair and passes after it.",
    "suspect": "A place that looks wrong and has no counterexample yet. It is shown apart and never repaired on suspicion.",
    "principle": "A hypothesis that held: a tested contrast with its effect, interval, scope and date. It is not said to be a cause.",
    "patch": "One change to your source: its diff, its reasons, its kind and what each gate said. It is applied by you, or by a policy that you set, and undone byte for byte by a roll back.",
    "fix": "A patch that makes the system do what it was meant to do. Its profit is shown beside it and does not decide: the right repair of an edge that was never there is still right.",
    "refactor": "A patch that changes the source and no decision, on any symbol.",
    "enhancement": "A patch with new logic. It needs a supported hypothesis behind it and must hold on data that nobody has looked at.",
    "tuning": "A patch that changes numbers. Searching many settings finds luck, so it must be confirmed on other data and pass the vault.",
    "provisional": "An enhancement or a tuning that was applied and waits for fresh bars to confirm it; if they do not, it is rolled back.",
    "cycle": "One pass from understanding over proposing and judging to learning. To run one, say: run a cycle.",
    "goal": "What you asked for. Findings that touch an active goal are taken first. To set one: goal: make TON trade.",
    "playbook": "The fixed rules that make every choice when no model is configured, or when the model's answer cannot be used.",
    "sandbox": "Where strategies run: no network, no files but their own, nothing of yours to read. They only hand over decisions; Mendel computes the score itself.",
    "counterfactual": "A run with one condition held open. It tells how many trades that condition costs a symbol, which a rate alone cannot.",
    "cvd": "Cumulative volume delta: what takers bought less what they sold, added up. The word is kept for real taker flow; an estimate from candles is called an estimate.",
    "lord++": "The rule by which the ledger budgets alpha over an endless row of tests. What is spent comes back, in part, when a claim holds.",
    "regime": "A label of the market at a time (volatility, volume, session), computed from its past alone.",
}  # fmt: skip


def explain(topic: str) -> tuple[str, str] | None:
    """(word, explanation) of the word that ``topic`` is about; None where there is none."""
    wanted = topic.lower().strip()
    names = sorted(WORDS, key=len, reverse=True)
    for name in names:
        if name in wanted.replace("lordpp", "lord++"):
            return name, WORDS[name]
    tokens = wanted.split()
    for token in [wanted, *tokens]:
        near = difflib.get_close_matches(token.rstrip("s"), names, n=1, cutoff=0.8)
        if near:
            return near[0], WORDS[near[0]]
    return None
