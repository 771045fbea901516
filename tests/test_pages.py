"""No page lies, and a lie would be noticed."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from press import known
from press.book import BOOK, ROOT, page_paths
from press.forms import FORMS
from press.pages.book import Form
from press.pages.kept import Result, results
from press.pages.outputs import rewrite
from press.pages.page import Page, parse_page, read_page
from press.pages.proof import Problem, proofread
from press.pages.session import Run
from press.site.stage import RUNS

PAGES = [path.relative_to(ROOT) for path in page_paths()]
each_page = pytest.mark.parametrize("path", PAGES, ids=str)

# Found without the help of the code under test.
ANY_FENCE = re.compile(
    r"^[ \t]*```(\w*).*?^[ \t]*```", re.DOTALL | re.MULTILINE
)
ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ANY_DECIMAL = re.compile(r"(?<![\d.])\d*\.\d+(?!\d|\.\d)")
ANY_HEADING = re.compile(r"^#{1,4} (.+?)(?: \{.*\})?$", re.MULTILINE)
# What a section does on its page stands above its heading, made by its id.
RITUAL = re.compile("What you have|The picture|The code|Run it|One number.*")
BOOK_SECTIONS = {"3.1", "3.2", "3.3", "3.4", "3.5", "3.6"}


@cache
def all_results() -> dict[Path, Result]:
    """What each page comes to, shared with the build of the site."""
    return results(page_paths(), BOOK, RUNS)


@cache
def evaluated(path: Path) -> tuple[Page, Run]:
    """A page and its one run, which every comparison shares."""
    return read_page(ROOT / path, BOOK), all_results()[ROOT / path].run


def problems_of(path: Path, text: str) -> list[Problem]:
    """The problems of a changed text of a page, by the run of the page."""
    _, run = evaluated(path)
    page = parse_page(path, text, BOOK)
    if page.sources == run.sources:
        return proofread(page, run)
    return [Problem(path, line, message) for line, message in page.flaws]


def with_last_digit_changed(text: str, end: int) -> str:
    """The text with the digit before `end` raised by one."""
    return f"{text[: end - 1]}{(int(text[end - 1]) + 1) % 10}{text[end:]}"


def output_numbers(page: Page) -> Iterator[int]:
    """Where each number in an output ends."""
    starts = [0]
    for line in page.text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for example in page.examples:
        first = example.shown_line - 1
        last = first + example.shown.count("\n")
        shown = page.text[starts[first] : starts[last]]
        for match in re.finditer(r"\d+", shown):
            yield starts[first] + match.end()


def prose_decimals(page: Page) -> Iterator[int]:
    """Where each decimal outside code ends, captions and alt text included."""

    def blank(match: re.Match[str]) -> str:
        kept = match[0].lstrip().startswith("```figure")
        return match[0] if kept else " " * len(match[0])

    def erase(match: re.Match[str]) -> str:
        return " " * len(match[0])

    prose = ANY_COMMENT.sub(erase, ANY_FENCE.sub(blank, page.text))
    for match in ANY_DECIMAL.finditer(prose):
        before = prose[: match.start()].rstrip()
        is_version = before.endswith(("Python", "Python 3.11 to"))
        if match[0] not in BOOK_SECTIONS and not is_version:
            yield match.end()


@each_page
def test_the_page_shows_what_it_computes(path: Path) -> None:
    page, run = evaluated(path)
    problems = [*proofread(page, run), *all_results()[ROOT / path].problems]
    if found := sorted({str(problem) for problem in problems}):
        pytest.fail("\n".join(found), pytrace=False)


@each_page
def test_what_was_read_stands_where_it_is_said_to_stand(path: Path) -> None:
    page, _ = evaluated(path)
    bound = [it for binding in page.bindings for it in binding.numbers]
    for number in (*page.numbers, *page.told, *bound):
        assert page.text[number.start : number.end] == number.text
    for binding in page.bindings:
        assert page.text[binding.start :].startswith("<!--=")
    for span in page.said:
        assert page.text[: span.end].endswith("<!-- said -->")


@each_page
def test_the_outputs_need_no_rewriting(path: Path) -> None:
    page, run = evaluated(path)
    is_right = rewrite(page, run) == page.text
    assert is_right, f"make outputs would change {path}"


@each_page
def test_every_changed_digit_is_noticed_where_it_stands(path: Path) -> None:
    page, _ = evaluated(path)
    unnoticed = []
    for end in (*output_numbers(page), *prose_decimals(page)):
        problems = problems_of(path, with_last_digit_changed(page.text, end))
        line = page.line_at(end - 1)
        if line not in {problem.line for problem in problems}:
            unnoticed.append((line, page.text[end - 12 : end]))
    assert unnoticed == []


# What a lie puts in the place of a word. Each is a number again.
SERIES = (
    "zero one two three four five six seven eight nine ten eleven twelve",
    "twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety zero",
    "first second third fourth fifth sixth seventh eighth ninth tenth first",
    "once twice thrice",
    "half twice",
    "dozen hundred thousand million",
    "quarter tenth",
    "quarters fifths",
)
LIES = {a: b for series in SERIES for a, b in pairwise(series.split())}
# Named and counted: where a lie goes unnoticed, and why that can be.
UNNOTICED = {
    "a name in code, or a call; what it gives is bound",
    "a formula; what it comes to is bound",
    "the number of a thread",
    "the number of an item in a list",
    "the year of a paper",
    "an option of the reference",
    "a part by its number",
    "a part by its place: the first row, the second head",
    "what has been named before: the first, the second",
    # where the lie is a form again: *the two* for *the one*, *one* for zero
    "a pronoun or an article: one of them, one by one, this one",
    "what has been named just before: the two",
    "nothing, and what cannot be",
}
ANY_NUMBER = re.compile(
    r"(?<![\w.,])\d+(?:,\d{3})*(?:st|nd|rd|th)?(?![\w]|[.,]\d)"
    rf"|\b(?:{'|'.join(LIES)})\b",
    re.IGNORECASE,
)
FIGURE_CODE = re.compile(
    r"^([ \t]*)(?!alt|caption|title)\w+:.*(?:\n\1[ \t]+.*)*", re.MULTILINE
)
ATTRIBUTES = re.compile(r"\{ ?[#.:][^}\n]*\}|(?<=\])\([^)\s]*\)|<[^>\n]*>")


def prose_of(page: Page) -> str:
    """All words of a page, with as many blanks for the rest."""

    def erase(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0])

    def words(match: re.Match[str]) -> str:
        if not match[0].lstrip().startswith("```figure"):
            return erase(match)
        return FIGURE_CODE.sub(erase, match[0].replace("`", " "))

    prose = ANY_FENCE.sub(words, ANY_COMMENT.sub(erase, page.text))
    return ATTRIBUTES.sub(erase, prose)


def lie_about(number: str) -> str:
    """Another number, written in the same way."""
    if number[0].isdigit():
        digits = number.rstrip("stndrh")
        ending = number.removeprefix(digits)
        return f"{digits[:-1]}{(int(digits[-1]) + 1) % 10}{ending}"
    lie = LIES[number.lower()]
    return lie.capitalize() if number[0].isupper() else lie


def rounds_of_lies(page: Page) -> Iterator[dict[int, re.Match[str]]]:
    """Every number outside code, by its line, one of each line at a time."""
    lines: dict[int, list[re.Match[str]]] = {}
    for match in ANY_NUMBER.finditer(prose_of(page)):
        lines.setdefault(page.line_at(match.start()), []).append(match)
    for i in range(max(map(len, lines.values()), default=0)):
        yield {line: it[i] for line, it in lines.items() if i < len(it)}


@cache
def unnoticed(path: Path) -> tuple[int, Counter[str], list[str]]:
    """How many lies were told of a page, and which passed: why, or where."""
    page, _ = evaluated(path)
    told, passed, where = 0, Counter[str](), list[str]()
    for lies in rounds_of_lies(page):
        text = page.text
        for match in sorted(lies.values(), key=re.Match.start, reverse=True):
            lie = lie_about(match[0])
            text = f"{text[: match.start()]}{lie}{text[match.end() :]}"
        noticed = {problem.line for problem in problems_of(path, text)}
        told += len(lies)
        for line in lies.keys() - noticed:
            if reason := excuse(page, lies[line]):
                passed[reason] += 1
            else:
                where.append(f"{path}:{line}: {lies[line][0]}")
    return told, passed, where


def excuse(page: Page, match: re.Match[str]) -> str:
    """Why a lie can pass: its number is told by a form, or only said."""
    start, end = match.span()
    if any(span.start <= start and end <= span.end for span in page.said):
        return "said"
    for number, form in page.told.items():
        if number.start <= start and end <= number.end:
            return form.reason
    return ""


# what one test has told of a page, another counts
@pytest.mark.xdist_group("lies")
@each_page
def test_every_lie_about_a_number_is_noticed_where_it_stands(
    path: Path,
) -> None:
    _, _, where = unnoticed(path)
    assert where == []


@pytest.mark.xdist_group("lies")
def test_what_a_lie_can_pass_as_is_named_and_used() -> None:
    told, passed = 0, Counter[str]()
    for path in PAGES:
        lies, reasons, _ = unnoticed(path)
        told, passed = told + lies, passed + reasons
    assert {*passed} <= {*UNNOTICED, "said"}, passed
    assert UNNOTICED - {*passed} == set()
    assert told > 2 * passed.total(), (told, passed)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.reason)
def test_every_form_is_used_and_tells_only_what_it_needs_to(
    form: Form,
) -> None:
    pages = [evaluated(path)[0] for path in PAGES]
    assert any(form in page.told.values() for page in pages)


@each_page
def test_every_number_in_a_comment_of_a_session_is_noticed(
    path: Path,
) -> None:
    page, _ = evaluated(path)
    lines = page.text.splitlines(keepends=True)
    for example in page.examples:
        for i, code in enumerate(example.source.splitlines()):
            if re.search(r"\s# \w", code):
                at = example.line - 1 + i
                lie = f"{lines[at].rstrip()} 7\n"
                text = "".join((*lines[:at], lie, *lines[at + 1 :]))
                found = {problem.line for problem in problems_of(path, text)}
                assert at + 1 in found, code


@each_page
def test_every_deleted_output_is_noticed(path: Path) -> None:
    page, _ = evaluated(path)
    lines = page.text.splitlines(keepends=True)
    unnoticed = []
    for example in page.examples:
        if example.shown:
            first = example.shown_line - 1
            last = first + example.shown.count("\n")
            text = "".join((*lines[:first], *lines[last:]))
            if not problems_of(path, text):
                unnoticed.append((first + 1, example.shown))
    assert unnoticed == []


@each_page
@pytest.mark.parametrize("tag", ["", "text", "python", "console", "source"])
def test_every_retagged_fence_is_noticed(path: Path, tag: str) -> None:
    page, _ = evaluated(path)
    lines = page.text.splitlines(keepends=True)
    retagged = [it for it in page.fences if it.tag in {"pycon", "figure"}]
    for fence in retagged:
        lines[fence.line - 1] = f"{fence.indent}```{tag}\n"
    noticed = {problem.line for problem in problems_of(path, "".join(lines))}
    assert {fence.line for fence in retagged} <= noticed


# What is wrong in any code: names that are missing, unused, shadowed or
# confusable, comparisons that say something else than they seem to, formats
# that do not fit, mutable defaults, loops whose closures share a variable.
WRONG_ANYWHERE = "F,E7,E9,A001,B006,B008,B023,C4,PLE,PLR0124,RUF001,UP,W605"
# E701 to E703: a session may put a short body behind its colon.
# F811: a session may define a function again, since the page improves it.
FINE_ON_PAGES = "E701,E702,E703,E731,E741,F811"


def code_of(page: Page) -> str:
    """All that runs on a page as one module, in lines of the page."""
    lines = [""] * len(page.text.splitlines())
    for example in page.examples:
        try:
            compile(example.source, "<page>", "single")
        except SyntaxError:
            continue  # shown on the page as an error
        for i, line in enumerate(example.source.splitlines()):
            lines[example.line - 1 + i] = line
    read = [f"({binding.expression})" for binding in page.bindings]
    for fence in page.fences:
        if fence.tag == "figure":
            entries = yaml.safe_load("\n".join(fence.lines)).items()
            words = {"kind", "alt", "caption", "formula"}
            # what a film of one query has besides what the page has
            own = "lambda h, i, query, attn_scores, attn_weights: "
            start = own if ("kind", "one-query") in entries else ""
            read += [
                f"({start}{text})" for key, text in entries if key not in words
            ]
    return "\n".join([*lines, *read, ""])


def test_the_code_of_the_pages_is_linted(tmp_path: Path) -> None:
    for path in PAGES:
        page, _ = evaluated(path)
        place = tmp_path / path.with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(code_of(page), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--isolated", "--quiet"),
            *("--target-version", "py311", "--output-format", "concise"),
            *("--select", WRONG_ANYWHERE, "--ignore", FINE_ON_PAGES),
            *("--config", f"builtins = {known.__all__}", "."),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each_page
def test_a_page_reads_nothing_of_tests_or_press(path: Path) -> None:
    page, _ = evaluated(path)
    for node in ast.walk(ast.parse(code_of(page))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module)]
        else:
            continue
        tops = {name.partition(".")[0] for name in names}
        assert tops.isdisjoint({"tests", "press", "bench"}), names
    assert "tests/" not in "".join(page.sources)


def test_the_injector_finds_numbers_of_every_kind() -> None:
    totals = dict.fromkeys(("output", "prose", "table", "figure"), 0)
    for path in PAGES:
        page, _ = evaluated(path)
        totals["output"] += len(list(output_numbers(page)))
        lines = page.text.splitlines()
        for end in prose_decimals(page):
            number = page.line_at(end - 1)
            line = lines[number - 1]
            in_figure = any(
                fence.tag == "figure"
                and fence.line < number <= fence.line + len(fence.lines)
                for fence in page.fences
            )
            kind = "table" if line.startswith("|") else "prose"
            totals["figure" if in_figure else kind] += 1
    assert all(count >= 20 for count in totals.values()), totals


@each_page
def test_a_heading_says_what_its_section_is_about(path: Path) -> None:
    text = ANY_FENCE.sub("", (ROOT / path).read_text(encoding="utf-8"))
    headings = ANY_HEADING.findall(ANY_COMMENT.sub("", text))
    assert not list(filter(RITUAL.fullmatch, headings))
    assert len(set(headings)) == len(headings), "two are alike"
