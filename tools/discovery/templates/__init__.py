"""The classes of claim that can be tested: what happened, and what is to be expected of it."""
