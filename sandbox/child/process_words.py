"""The words in which a ``process`` strategy's orders cross the wall, known to both sides.

An answer is one record of ORDER for each symbol, in the order in which they were told: what a bar's orders for that symbol
come to together. 0 = not said. Text does not cross."""

from __future__ import annotations

ORDER = (
    "exit",  # one of the codes below
    "side",  # 1 buy, -1 sell, 2 long, -2 short
    "quantity",  # base units
    "notional",  # quote currency
    "size",  # fraction of the symbol's equity that is the margin
    "price",  # limit; 0: at the market
    "leverage",
    "stop",  # price level
    "target",  # price level
    "trail",  # distance, a fraction of the best price
    "max_bars",
)
#: What ``exit`` may say: nothing, leave, leave a long alone, leave a short alone, never beyond flat.
STAY, LEAVE, LEAVE_LONG, LEAVE_SHORT, REDUCE = 0.0, 1.0, 2.0, 3.0, 4.0
NO_ORDER = (0.0,) * len(ORDER)

#: Settings of ours among the overrides: their names start with it.
SETTING = "process:"
#: Columns of another symbol: ``pair:SYMBOL:column``.
PAIR = "pair:"
#: Columns of the market that is shown in the turns before the last.
BEFORE = "before:"
#: How a line of the log begins that is meant for the person.
NOTE = "mendel: "
