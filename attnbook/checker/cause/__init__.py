"""The likely cause: measured, or known from the catalogue."""
