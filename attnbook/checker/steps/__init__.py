"""What is asked of each step, and the right answers."""
