"""Claims about a market, fixed in writing before they are tested, and what came of them."""
