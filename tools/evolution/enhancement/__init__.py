"""From a capability gap to new logic behind a switch, judged like any other change."""
