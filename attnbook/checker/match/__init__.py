"""Which of the reader's names is which step."""
