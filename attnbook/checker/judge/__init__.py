"""How far right: every size, the smallest input, safety."""
