"""A part of the public interface."""
