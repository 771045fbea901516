"""The sentences that every form of a report has in common."""

from collections.abc import Iterator, Sequence

from attnbook.checker.finding import Checked, Finding
from attnbook.checker.words import listed

_FOLLOW = " Mend it first: what is wrong after it may follow from it."
_MEND = " See the lines marked ! for what to mend."
_SHORT = {
    "own": "the book's own code",
    "overflow": "agrees, but overflows",
    "imprecise": "agrees, but not to all digits",
    "float32": "agrees, in float32",
}


def short(finding: Finding) -> str:
    """A verdict in a few words."""
    kinds = {warning.kind for warning in finding.warnings}
    if finding.verdict == "agrees":
        return next((w for k, w in _SHORT.items() if k in kinds), "agrees")
    return finding.verdict


def message(finding: Finding) -> str:
    """What there is to say of a finding, in a line."""
    if finding.cause is not None:
        return finding.cause.sentence
    if finding.sentence:
        return finding.sentence
    if finding.warnings:
        return finding.warnings[0].sentence
    return (
        f"on these {finding.shapes} shapes and {finding.cases} sets of values."
    )


def left(checked: Checked) -> Iterator[str]:
    """What was not checked: where it stands, and how it can be."""
    by_part: dict[str, list[str]] = {}
    for name, part in checked.users:
        by_part.setdefault(part, []).append(f"`{name}`")
    for part, names in by_part.items():
        use, they = ("use", "they do") if names[1:] else ("uses", "it does")
        yield (
            f"{listed(names)} {use} `{part}`, which is checked above; what "
            f"else {they} is not."
        )
    if checked.not_checked:
        yield _unnamed(checked)
    if checked.outside and checked.unattended:
        yield _OUTSIDE.format(checked.outside)


_OUTSIDE = (
    "Line {} computes attention outside of any function, where it cannot be "
    "checked: give it a function, as in `def self_attention(x, W_query, "
    "W_key, W_value)`."
)


def _unnamed(checked: Checked) -> str:
    """Which functions were not checked, and how they can be."""
    names = checked.not_checked
    how = f"with --as, as in --as self_attention={listed(names[-1:])}"
    if not checked.path:  # from Python
        how = f'as in check({names[-1]}, step="self_attention")'
    return f"Not checked: {listed(names)}. Name a step for one {how}."


def verdict(checked: Checked) -> str:
    """The whole in one or two sentences."""
    if checked.refused:
        return checked.refused
    if not checked.findings:
        return _nothing(checked)
    differing, failed, agreeing = (
        [each for each in checked.findings if each.verdict == kind]
        for kind in ("differs", "cannot run", "agrees")
    )
    if differing:
        return _first_wrong(differing)
    if failed or not agreeing:
        return f"Could not run `{(*failed, *checked.findings)[0].function}`."
    rest = [each for each in agreeing if not is_own(each)]
    return _praise(rest, unattended=checked.unattended) if rest else _OWN


_OWN = (
    "What was checked is the book's own code, which agrees with itself: that "
    "says nothing of code of yours."
)


def is_own(finding: Finding) -> bool:
    """Whether a finding is of code that is the book's."""
    return any(each.kind == "own" for each in finding.warnings)


def _nothing(checked: Checked) -> str:
    """No name fits; or one does, of something that came from elsewhere."""
    if checked.not_made and not checked.elsewhere:
        return f"Could not run: `{checked.not_made[0]}` could not be made."
    if not checked.elsewhere:
        return "Could not run: no function has a name that attnbook knows."
    name = checked.elsewhere[0]
    return (
        f"Could not run: the file has `{name}`, but not by a `def` or `class` "
        f"of its own. Check it all the same with --as {name}={name}."
    )


def _first_wrong(found: Sequence[Finding]) -> str:
    """The step to begin with."""
    first = found[0]
    return (
        f"First wrong step: {first.step.name} ({first.step.where}), your "
        f"`{first.function}`.{_FOLLOW if found[1:] else ''}"
    )


def _praise(found: Sequence[Finding], *, unattended: bool) -> str:
    """What agreement means, and what it does not."""
    shapes = sum(each.shapes for each in found)
    inputs = sum(each.cases for each in found)
    rejected = sum(each.rejected for each in found)
    known = sum(each.known for each in found)
    but = " The attention itself was not checked." if unattended else ""
    warned = any(each.warnings for each in found)
    return (
        f"{_counted(found)} with {_sections(found)} on these {shapes} shapes "
        f"and {inputs} sets of values, which reject {rejected} of {known} "
        f"known mistakes.{but}{_MEND if warned else ''}"
    )


def _counted(found: Sequence[Finding]) -> str:
    """Who agrees: one by name, several by number."""
    if len(found) == 1:
        return f"Your `{found[0].function}` agrees"
    kinds = {"." in each.function for each in found}
    what = "functions and classes"
    if len(kinds) == 1:
        what = "classes" if True in kinds else "functions"
    return f"Your {len(found)} {what} agree"


def _sections(found: Sequence[Finding]) -> str:
    """The sections of the book, by their first two numbers."""
    names = list(
        dict.fromkeys(
            ".".join(each.step.section.split(".")[:2]) for each in found
        )
    )
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
