"""What an argument must be: refused by name, with what was wanted and came.

A public function asks here for what it needs, once, at its door: one call for
each argument, by the name that the caller knows. Behind the door, a function
of the same name with an underscore computes, and trusts what it is given.
"""

from attnbook.require.kinds import (
    is_list,
    require_flag,
    require_function,
    require_iterable,
    require_kind,
    require_list,
)
from attnbook.require.masks import (
    require_dropout,
    require_mask,
    require_score_rows,
    require_scores,
    require_shown,
)
from attnbook.require.numbers import (
    MOST,
    MOST_ENTRIES,
    require_count,
    require_entries,
    require_finite,
    require_integer,
    require_number,
    require_score,
    require_share,
    require_token,
)
from attnbook.require.products import (
    require_head,
    require_product,
    require_projections,
)
from attnbook.require.results import SCORES, require_in_range
from attnbook.require.rows import (
    require_matrix,
    require_numbers,
    require_rows,
    require_vector,
)

__all__ = [
    "MOST",
    "MOST_ENTRIES",
    "SCORES",
    "is_list",
    "require_count",
    "require_dropout",
    "require_entries",
    "require_finite",
    "require_flag",
    "require_function",
    "require_head",
    "require_in_range",
    "require_integer",
    "require_iterable",
    "require_kind",
    "require_list",
    "require_mask",
    "require_matrix",
    "require_number",
    "require_numbers",
    "require_product",
    "require_projections",
    "require_rows",
    "require_score",
    "require_score_rows",
    "require_scores",
    "require_share",
    "require_shown",
    "require_token",
    "require_vector",
]
