"""Planted bugs: clean strategies of many styles, operators that put one defect into them, and the score of what is found."""
