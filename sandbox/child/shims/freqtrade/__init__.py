"""What strategy files import from freqtrade: its public interface, written anew for Mendel's sandbox. Nothing trades."""

__version__ = "2026.9"
