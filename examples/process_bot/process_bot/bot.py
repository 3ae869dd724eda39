"""Buys pullbacks in an uptrend while takers buy, sells rallies in a downtrend while they sell."""

from process_bot.config import CONFIG
from process_bot.indicators import average, mean_range, pressure


class TrendBot:
    """Made once and called at every bar's close: it counts down a pause after each exit."""

    def __init__(self, config=CONFIG):
        self.config = config
        self.wait = 0

    def process(self, dataset, portfolio_state):
        candles = dataset["ohlcv"]
        if len(candles) <= self.config["slow"]:
            return {"orders": []}
        close = candles["close"].to_numpy()
        position = portfolio_state["positions"].get(dataset["symbol"])
        if position is not None:
            return {"orders": self.leave(close, position)}
        if self.wait > 0:
            self.wait -= 1
            return {"orders": []}
        side = self.side(dataset, close)
        return {"orders": [self.order(dataset, close[-1], portfolio_state["equity"], side)] if side else []}

    def leave(self, close, position):
        fast, slow = average(close, self.config["fast"]), average(close, self.config["slow"])
        turned = fast < slow if position["side"] == "long" else fast > slow
        if turned or position["bars_held"] >= self.config["max_hold"]:
            self.wait = self.config["pause"]
            return [{"symbol": position["symbol"], "side": "EXIT", "reason": "turned" if turned else "time"}]
        return []

    def side(self, dataset, close):
        """1 to buy, -1 to sell, 0 to wait."""
        config = self.config
        if dataset["volume"].iloc[-1] < config["min_volume"]:
            return 0
        fast, slow = average(close, config["fast"]), average(close, config["slow"])
        bought = pressure(dataset, config["flow_bars"])
        if fast > slow and close[-1] < fast * (1 - config["pullback"]) and bought > 0:
            return 1
        if fast < slow and close[-1] > fast * (1 + config["pullback"]) and bought < 0:
            return -1
        return 0

    def order(self, dataset, price, equity, side):
        """Risks the same share of the equity whatever the stop's distance."""
        config = self.config
        reach = mean_range(dataset["ohlcv"], config["flow_bars"])
        quantity = min(config["risk"] * equity / (config["stop"] * reach), 0.9 * equity / price)
        return {
            "symbol": dataset["symbol"],
            "side": "buy" if side > 0 else "sell",
            "quantity": quantity,
            "price": price,
            "stop_loss": price - side * config["stop"] * reach,
            "take_profit": price + side * config["target"] * reach,
        }
