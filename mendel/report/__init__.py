"""What a cycle found and did, for a person: a self-contained page, and one screen in the terminal."""

from mendel.report.page import render_report, write_report
from mendel.report.summary import print_summary

__all__ = ["print_summary", "render_report", "write_report"]
