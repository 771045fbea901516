"""Beside the reader's code: load it, describe it, call it."""
