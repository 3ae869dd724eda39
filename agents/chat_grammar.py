"""A small grammar: from a line to an intent and its arguments, without a model.

The first rule that fits wins; the order goes from what is most telling to what is most common. A line that fits nothing is
asked back, and so is a no in front of anything that would change something.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agents.chat_danger import dangerous
from agents.chat_doubt import held_back
from agents.chat_glossary import WORDS
from agents.chat_intents import DANGEROUS, Known, Proposal, ask
from agents.chat_words import full_id, goal_named, horizon_in, ids_in, patch_meant, plain
from agents.goals import METRICS, symbols_in

Match = re.Match[str]
_ID_WORD = "1idofapatcha"
Take = Callable[[str, str, Known, Match], Proposal]

_METRIC = "|".join(words for _, words in METRICS)
_EVENT = (
    r"predict\w*|preced\w*|come before|comes before|lead to|leads to|revers\w*|continuation|breakouts?|divergen\w*|confirms?|bounce\w*|rall(?:y|ies)|"
    r"momentum|spikes?|extremes?|hypothesis|hour of day|mondays?|fridays?|weekends?|session|at the \w+ open|matters? for|work better|bad for|good for"
)
_SILENT = (
    r"silent|quiet|idle|inactive|dead|starved|(?:not|n't|never|no longer|stopped|isn't|doesn't|won't)\s+(?:\w+\s+)?(?:trad\w*|enter\w*|open\w*|buy\w*|sell\w*|doing (?:anything|much))|"
    r"(?:no|zero|0|few|without)\s+(?:\w+\s+)?(?:trades?|signals?|entries|positions?|orders?)"
)
_BLOCK = r"(?:block|stop|keep|prevent|starv|hold)\w*"
_QUOTED = re.compile(r"[\"\u201c\u201d\u00ab\u00bb`]|^\s*'|'\s*$|^\s*>")
_NO_FIRST = re.compile(
    r"^(?:i\s+)?(?:don'?t|do not|never|please don'?t|no,?)\s+(?!need|want|know|think|understand|care|bother|believe|get\b|(?:start|run|do|begin) (?:any )?(?:more|further|new)\b|more\b|further\b)"
)


def understand(text: str, known: Known) -> Proposal:
    """What ``text`` asks for."""
    line = plain(text)
    if not line:
        return ask("Say what you want to know, or: help.")
    command = dangerous(line, known)
    if command is not None and command.intent in DANGEROUS and _QUOTED.search(text):
        return ask("That stands in quotation marks. If you mean it, say it without them.", risky=True)
    if command is not None:
        return command
    if _NO_FIRST.match(line):
        return ask("Nothing was done. Say what you want instead, or: help.", risky=True)
    marked = _marked(line, known)
    for pattern, take in _RULES:
        found = pattern.search(line) or (pattern.search(marked) if marked != line else None)
        if found is not None:
            return held_back(take(text, line, known, found), line, " ".join(text.lower().split()))
    return ask("I did not understand that. Say it in other words, or: help.")


def _marked(line: str, known: Known) -> str:
    """The line with the ids of patches under one name: an id may be all digits."""
    for word in ids_in(line, known.patches):
        if any(p.startswith(word) for p in known.patches):
            line = re.sub(rf"\b{word}\b", _ID_WORD, line)
    return line


def named(text: str, known: Known) -> dict[str, Any]:
    """The symbol, patch, goal and horizon that are named in a line, whatever it asks for."""
    line = plain(text)
    ids = ids_in(line, [*known.patches, *known.goals])
    patches = [full_id(i, known.patches) for i in ids if not any(g.startswith(i) for g in known.goals)]
    found = {
        "symbol": _symbol(text, line, known),
        "patch": patches[0] if len(patches) == 1 else None,
        "goal": next((g for i in ids if (g := full_id(i, known.goals)) in known.goals), None),
        "horizon": horizon_in(line),
    }
    return {name: value for name, value in found.items() if value is not None}


def _is(intent: str) -> Take:
    return lambda text, line, known, found: Proposal(intent)


def _symbol(text: str, line: str, known: Known) -> str | None:
    """The one market that is named; None if none. Of several the first: each has its own answer."""
    named = symbols_in(text, known.markets) or symbols_in(line, known.markets)
    return named[0] if named else None


def _silent(text: str, line: str, known: Known, found: Match) -> Proposal:
    symbol = _symbol(text, line, known)
    if symbol is None:
        return ask("Which symbol? Say for example: why is TON silent?")
    return Proposal("why_silent", {"symbol": symbol})


def _failures(text: str, line: str, known: Known, found: Match) -> Proposal:
    symbol = _symbol(text, line, known)
    return Proposal("failures", {"symbol": symbol} if symbol else {})


def _idea(text: str, line: str, known: Known, found: Match) -> Proposal:
    claim = _LEAD_IDEA.sub("", " ".join(text.split())).strip(" .!?:")
    arguments: dict[str, Any] = {"text": claim or text.strip()}
    if symbol := _symbol(text, line, known):
        arguments["symbol"] = symbol
    if horizon := horizon_in(line):
        arguments["horizon"] = horizon
    return Proposal("test_idea", arguments)


_LEAD_IDEA = re.compile(
    r"^(?:please\s+|can you\s+|could you\s+)*(?:(?:\w{3,5}|validate|verify|investigate|examine)\s+(?:the\s+)?(?:idea|hypothesis|claim|theory)?\s*(?:that|whether|if|this)?\s*:?\s+(?=\S+ \S+ \S)|"
    r"hypothesis\s*:\s*|idea\s*:\s*|i (?:think|believe|suspect|guess|bet)(?: that)?\s+|is it true that\s+|could it be that\s+|what if\s+|my (?:theory|idea|hunch|hypothesis|guess) is(?: that)?\s+)",
    re.I,
)


def _goal(text: str, line: str, known: Known, found: Match) -> Proposal:
    words = " ".join(text.split()).strip(" .!")
    words = re.sub(r"^(?:please|can you|could you|hey|mendel)[ ,]+", "", words, flags=re.I)
    aim = re.sub(
        r"^(?:(?:set|add|create|make|new|my|the|a)\s+)*goals?\b\s*(?:is|to|of|:|-)*\s*(?:to\s+)?",
        "",
        words,
        flags=re.I,
    ).strip()
    return (
        Proposal("set_goal", {"text": aim})
        if aim
        else ask("What is the goal? Say for example: make TON trade.")
    )


def _drop(text: str, line: str, known: Known, found: Match) -> Proposal:
    named = ids_in(line, [*known.patches, *known.goals])
    patch = next((i for i in named if any(p.startswith(i) for p in known.patches)), None)
    if patch is not None:
        identity = full_id(patch, known.patches)
        return ask(
            f"{identity} is a patch. To decide, say: reject {identity}, or: roll back {identity}", risky=True
        )
    goal = goal_named(line, known.goals)
    return Proposal("drop_goal", {"goal": goal}) if goal else ask("Which goal? To see them, say: list goals.")


def _one_patch(text: str, line: str, known: Known, found: Match) -> Proposal:
    ids = ids_in(line, known.patches)
    goals = [i for i in ids if any(g.startswith(i) for g in known.goals)]
    if goals:
        return Proposal("list_goals")
    meant = patch_meant(line, known.patches)
    if not ids and (meant or len(known.patches) == 1):
        return Proposal("show_patch", {"patch": meant or known.patches[0]})
    if len(ids) != 1:
        return ask("Which patch? To see them, say: show patches.")
    return Proposal("show_patch", {"patch": full_id(ids[0], known.patches)})


def _patches(text: str, line: str, known: Known, found: Match) -> Proposal:
    states = {
        "awaiting_approval": r"\b(?:waiting|pending|open|awaiting|approve|approval|review)\b",
        "rejected": r"\brejected\b",
        "refused": r"\brefused\b",
        "applied": r"\b(?:applied|approved|accepted)\b",
        "rolled_back": r"\brolled back\b",
    }
    status = next((name for name, words in states.items() if re.search(words, line)), None)
    return Proposal("show_patches", {"status": status} if status else {})


def _explain(text: str, line: str, known: Known, found: Match) -> Proposal:
    ids = ids_in(line, known.patches)
    if ids:
        return Proposal("show_patch", {"patch": full_id(ids[0], known.patches)})
    if found.groupdict().get("topic"):
        return Proposal("explain", {"topic": found["topic"]})
    topic = re.sub(r"\b(?:mean|means|work|works|is|are)\b[ ?]*$", "", line[found.end() :]).strip(" ?.!")
    topic = re.sub(
        r"^(?:(?:me|to me|what|how|why|an?|the|is|are|does|do|by|you|mean by|your)\s+)+", "", topic
    ).strip()
    return (
        Proposal("explain", {"topic": topic})
        if topic
        else ask("Explain what? Say for example: explain the vault.")
    )


def _search(text: str, line: str, known: Known, found: Match) -> Proposal:
    query = re.sub(r"\b(?:before|already|so far|in the past)\b", "", line[found.end() :]).strip(" ?.!:,")
    query = re.sub(
        r"^(?:(?:for|about|on|of|what happened with|memory|lessons?|notes?|anything|a|an|the)\s+)+", "", query
    )
    return (
        Proposal("search_memory", {"query": query})
        if query
        else ask("Search for what? Say: search memory for …")
    )


_TOPIC = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True))
#: What claims are about: with one of these, "see if …" is an idea and not a wish to look at something.
_CONCEPT = (
    rf"{_EVENT}|oi|open interest|funding|cvd|delta|order ?flow|volume|volatility|squeeze|price|moves?|trend|drops?|falls?|ris(?:e|es|ing)|"
    r"higher|lower|returns?|reversal|hours?|morning|night|london|asia|new york"
)
_MINE = r"(?:my |the |our )?(?:files?|code|source|system|repo|strategy|scripts?)"
_TABLE: tuple[tuple[str, Take], ...] = (
    (r"^(?:\?+|help|hi|hello|hey|good (?:morning|evening|day)|commands|options|usage)\W*$", _is("help")),
    (r"\bwhat (?:can|could|may) (?:you|i) (?:do|ask|say)|\bhow (?:do|can) i (?:use|talk|start|begin)|\b(?:show|list|which)\b.*\bcommands?\b", _is("help")),
    (r"^what are my options\b|^how does (?:this|it|that) work\b", _is("help")),
    (r"^i(?:'m| am) (?:lost|confused|stuck|new here)\b|^(?:what now|instructions|manual|menu|how to use)\b", _is("help")),
    (rf"^(?:what do you mean by|what (?:does|do)|define|explain|what(?:'s| is| are)|meaning of|tell me about|describe)\s+(?:to me\s+|me\s+)?(?:an?\s+|the\s+)?(?P<topic>{_TOPIC})s?(?: mean\w*)?(?: to me| here)?\W*$", _explain),
    (r"^(?:drop|remove|delete|forget|cancel|abandon|scrap)\b.*\b[0-9a-f]*\d[0-9a-f]*\b|\bgoal\b.*\b(?:can go|is done with|is obsolete|no longer needed)\b", _drop),
    (r"^(?:i don't|i do not|i no longer|no longer|not) (?:need|want|care|interested|bother)\b.*\bgoal\b|\bstop (?:aiming|working|going) (?:at|on|for)\b.*\bgoal\b", _drop),
    (r"\b(?:drop|remove|delete|forget|cancel|abandon|scrap|give up)\b.*\bgoals?\b", _drop),
    (r"^(?:i'?m looking to |i want to )?(?:set|add|create|new|my)\s+(?:a |the |new |another )*goal\b(?!s)", _goal),
    (r"^goal\s*[:\-]", _goal),
    (r"^goals?\W*$|\b(?:list|show|see|tell|remind|which|current|open|any|have|what are)\b.*\bgoals\b", _is("list_goals")),
    (r"\bwhat (?:did|have) i (?:ask|tell|told|asked) you (?:to|for)\b|\b(?:what|where|which \w+) (?:are|am) (?:you|we|i) (?:aiming|working|trying|heading|going for|after|hoping)\b.*|\bwhat (?:we|you|i)(?:'re| are|'m| am) (?:aiming|working|trying|heading)\b|\b(?:which|what) (?:goals?|targets?)\b", _is("list_goals")),
    (rf"(?:\b(?:why|how come|reason|how is it possible|how can it be|explain)\b.*(?:{_SILENT}))|(?:(?:{_SILENT}).*\bwhy\b)", _silent),
    (rf"\b(?:what|which)(?:'s| is| does)?\b.*\b{_BLOCK}\b(?! symbol)", _silent),
    (r"\b(?:why|where|when|how|what|which)\b.*\b(?:lose|loses|losing|losers?|loss|losses|lost|bleed\w*|fail|fails|failing|failures?|goes wrong|going wrong|went wrong|bad trades?|worst)\b", _failures),
    (r"\b(?:why|how come)\b.*\b(?:in the red|under ?water|down (?:so much|this|money)|making no money|not making money|unprofitable|negative|burning)\b", _failures),
    (r"\b(?:show|list|understand|analyse|analyze|explain|see)\b.*\b(?:failures?|losers?|losses|losing trades|bad trades|worst trades)\b|^failures?\W*$", _failures),
    (r"^(?:test|validate|verify|investigate|examine|hypothesis|idea)\b[ :]", _idea),
    (rf"^(?:check|try|is it true|i (?:think|believe|suspect|guess|bet)|could it be|what if|does|do|is there|are there|look into|see if)\b.*\b(?:{_EVENT}|idea|hypothesis|better|worse|effect|edge)\b", _idea),
    (rf"^(?:see|check|find out|look|figure out|tell me|i wonder) (?:if|whether)\b.*\b(?:{_CONCEPT})\b(?=.*\w+ \w+)", _idea),
    (rf"^(?:i have|i've got|i got|there's|got) (?:a|this|an) (?:hunch|feeling|theory|idea|suspicion|hypothesis)\b.*\b(?:{_CONCEPT})\b", _idea),
    (r"\bwhat (?:have|has|did|do) (?:you|we|it)(?: all)? (?:learn|find out|discover)\w*(?: about| on| from) ", _search),
    (r"\b(?:what do (?:we|you) (?:know|remember) (?:about|of|on)|^did (?:we|you) (?:ever )?(?:try|test|see|learn)\b|do (?:you|we) (?:remember|know) (?:anything |something )?(?:about|of)?(?! now)|^have (?:we|you) (?:ever )?(?:tried|tested|seen|learned|learnt))\b", _search),
    (r"^(?:search|look up|look for|find|recall|remember)\b(?! out)", _search),
    (r"\b(?:anything|something|notes?|lessons?) (?:in (?:the |your )?memory )?(?:about|on) ", _search),
    (r"\bwhat (?:have|has|did|do) (?:you|we) (?:learn|find out|found out|discover|know)\w*\b|\bwhat (?:you|you've|we|we've) (?:have )?(?:learn\w*|found)\b|\b(?:lessons?|learnings?|takeaways?|insights?)\b", _is("learned")),
    (r"^(?:what|which) (?:patch|fix)\w* .*(?:waiting|pending|approv)|\bpatches\b|\bwhat (?:is|'s) (?:waiting|pending)|\bwhat's (?:waiting|pending)|\banything\b.*\b(?:approve|review|waiting)\b|\b(?:something|things?) for me to\b|\bproposals?\b|\bwhat should i (?:review|look at|decide|approve)\b|\bneeds? my (?:approval|review|ok|attention)|\bwaits? for me\b|\b(?:have |'ve |did |do )?you(?:'ve)? (?:propos|suggest|recommend)\w*(?!.*\b[0-9a-f]*\d[0-9a-f]*[a-f])", _patches),
    (r"\b(?:show|open|see|view|look|display|diff|details?|describe|tell|what|review|inspect|why|has|is|was|who|about|patch|explain)\b.*\b(?:[0-9a-f]*\d[0-9a-f]*[a-f][0-9a-f]*|1idofapatcha)\b", _one_patch),
    (r"^(?!.*\b(?:applied|made|did|changed|touched)\b).*\b(?:last|latest|newest|most recent|first|oldest) (?:patch|fix|proposal)\b", _one_patch),
    (r"^[0-9a-f]{6,64}$", _one_patch),
    (r"^patch\W*$|\bthe patch\b", _one_patch),
    (rf"\b(?:change|edit|apply|patch) (?:history|log)\b|\bwhat(?:'s| has| have| was| is)?(?: been)? (?:happened|applied|done|altered|rewritten)\b.*(?:\b{_MINE}\b|\bso far\b|\bapplied\b)|\b(?:list|show|tell me)\b.*\b(?:modified|edited|touched|altered|rewrote|applied)\b", _is("changes")),
    (r"\bwhat(?:'s| has| have| did| was| were| is)?\b.*\b(?:chang\w*|modif\w*|edit\w*|touch\w*|new)\b|^(?:changes|changelog|history|diff)\W*$|\b(?:show|list|see|history of|all|recent)\b.*\bchanges\b|\b(?:which|what) files\b|\bwhat (?:have|has|did) you (?:done|do) (?:to|with|in) my\b|\beverything you (?:applied|did|changed)|\bdid you (?:change|modify|edit|touch|apply)", _is("changes")),
    (r"^(?:explain|define|describe|what do you mean by|what (?:is|are)(?! (?:going|up|happening|you\b|the (?:current )?(?:state|status)))|what's(?! (?:going|up|happening|the (?:current )?(?:state|status)))|the meaning of|meaning of|what does|how (?:do|does)(?= .*\b(?:work|function)s?\b)|why do you)\b", _explain),
    (r"^(?:sitrep|recap|rundown|news|brief me|catch me up|fill me in)\b|\b(?:any|what(?:'s| is)(?: the)?) (?:news|update)\b|\b(?:a|the) (?:rundown|recap|brief)\b", _is("status")),
    (r"\b(?:status|progress|summary|overview|report|update)\b|\bdid you finish\b|\bhow (?:are|is) (?:things|it|you|we|everything|the)\b|\bhow(?:'s| is) (?:it|that|this|everything|my \w+) (?:going|looking|doing)\b|\bwhat(?:'s| is) (?:going on|up|happening)|\bwhere (?:do|are) we\b|\bhow far\b|\blast cycle\b|\bare you (?:still )?(?:running|there|alive|paused|working)\b|\bstill running\b|\bis (?:the loop|it|anything|mendel) (?:paused|running|alive|stopped|ok)\b|\bwhat are you (?:doing|up to)\b|\beverything (?:ok|fine|alright)\b|\bhows? (?:is )?it (?:going|looking)\b|\bstate of (?:affairs|things)\b", _is("status")),
    (r"^(?:pause|suspend|halt|hold|freeze|stop)\b(?= *[?!]*$|.*\b(?:loop|engine|mendel|everything|all|it|on|off|for|until|till|now|evol\w+|cycl\w+|run\w*|work\w*|here|things?|yourself)\b)(?! (?:showing|telling|saying|asking|apply\w*|us\w+)\b)(?!.*\b(?:loss|los|fees?|costs?|drawdown)\w*)|^wait\b.*\bpause\b|^(?:(?:don't|do not) (?:start|run|do|begin)|no) (?:any )?(?:more|further|new) (?:cycles?|rounds?|runs?)\b|\btake a (?:break|pause|rest)\b", _is("pause")),
    (r"^(?:resume|unpause|continue|carry on|go on|keep going|proceed|start again|restart|pick up|wake up|back to (?:work|it)|start (?:the |your )?(?:loop|engine|evolution|evolving)\b.*\bagain|(?:start|turn|switch) (?:the |your )?(?:loop|engine) (?:back )?(?:on|up))\b(?! (?:to|about|with|explain\w*|talking|telling)\b(?! (?:work|it|the loop)))|\byou (?:can|may) (?:continue|resume|go on)\b", _is("resume")),
    (rf"^(?:make|get|have|reduce|lower|cut|raise|increase|improve|boost|maximi[sz]e|minimi[sz]e|aim|focus|concentrate|prioriti[sz]e|help|bring|decrease|i want|i need|i'd like|i would like|we need|we want|more|fewer|less|stop|start)\b(?=.*(?:\b(?:{_METRIC})|\bfocus|\bconcentrate|\bprioriti))", _goal),
)  # fmt: skip
#: The last to be asked: what a line is most likely about.
_HINTS: tuple[tuple[str, Take], ...] = (
    (rf"\b(?:{_EVENT})\b(?=.*\w+ \w+)|^my (?:theory|idea|hunch|guess) is\b", _idea),
    (rf"\b(?:must|should|needs? to|ought to|has to|shall)\b.*\b(?:{_METRIC})", _goal),
    (r"\b(?:my |the )?(?:goals|targets|objectives)\b", _is("list_goals")),
    (r"\bhelp\b", _is("help")),
    (r"\b(?:learned|learnt|lessons)\b", _is("learned")),
    (r"\b(?:losing|losers|losses)\b", _failures),
)  # fmt: skip
_TABLE += _HINTS
_RULES = tuple((re.compile(pattern), take) for pattern, take in _TABLE)
