"""The words of the ``hybrid`` feed, known to both sides: what is asked while a position is wanted or open, and what
may be answered.

A question is one record of QUESTION. ``asks`` is a sum of the codes below: one question may ask for several
callbacks, which the child calls in the order of the codes. An answer is one record of ANSWER; a word that was not
asked for, or to which the strategy gives no answer (``None``), is NaN. Text does not cross: ``tag`` is a number that
the child chose for a reason."""

from __future__ import annotations

#: Fill the decision columns from the whole frame and deliver them; asked once, first.
POPULATE = 1
#: May this entry be made? (confirm_trade_entry)
CONFIRM_ENTRY = 2
#: With how much leverage? (leverage)
LEVERAGE = 4
#: How much of the free cash? (custom_stake_amount)
STAKE = 8
#: Where does the stop rest now? (custom_stoploss)
STOP = 16
#: Leave? (custom_exit)
EXIT = 32
#: May this exit be made? (confirm_trade_exit)
CONFIRM_EXIT = 64
#: At which distance does the target rest now? (custom_roi)
TARGET = 128

QUESTION = (
    "asks",
    "time",  # int64 ns UTC: the moment of the question
    "bar",  # number of the last bar that is closed at that moment
    "rate",  # the price at that moment
    "profit",  # of the open position at that rate, after fees, as a fraction of its stake
    "trade",  # number of the trade: the same for every question about one position
    "side",  # +1 long, -1 short
    "open_bar",  # bar at whose open the position was entered
    "open_rate",
    "quantity",
    "stake",
    "leverage",
    "max_rate",  # best price since the entry, as the position sees it
    "min_rate",  # worst price since the entry
    "stop",  # price at which the stop rests; 0: none
    "free",  # cash that is in no position
    "reason",  # code of the exit that is to be confirmed
    "bar_best",  # best price inside the bar, as the position sees it
)
ANSWER = (
    "entry",  # 1 yes, 0 no
    "leverage",
    "stake",  # fraction of the free cash
    "stop",  # distance from the rate as a fraction, above 0
    "exit",  # 1 leave, 0 stay
    "tag",
    "exit_confirmed",
    "target",  # distance from the open rate as a fraction
)
