"""Inference that holds on market data: days are the unit, blocks keep their order, errors are budgeted."""
