"""Findings in words, for a person and for a tool."""
