"""How a refusal names what came instead of what was wanted."""


def kind_of(value: object) -> str:
    """What came, where it was something else than what was wanted."""
    kind = type(value)
    hint = ": pass .tolist(), or use attnbook.arrays"
    return kind.__name__ + hint * hasattr(kind, "tolist")


def shown(value: object) -> str:
    """A value in a message: a short one as it is, any other by its kind."""
    if type(value) is int and value.bit_length() > 100:
        return f"one of {value.bit_length()} bits"
    short = {bool, float, int, type(None)}
    is_word = type(value) is str and len(value) <= 40
    return repr(value) if type(value) in short or is_word else kind_of(value)
