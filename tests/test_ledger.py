"""The ledger leaves out no number, and each row leads somewhere."""

import re

from docs.data.entries import ENTRIES
from docs.data.printed import printed
from press.book import DOCS

TABLE_ROW = re.compile(
    r"^\| \[(?P<section>[\d.]+)\]\((?P<page>[\w./-]+)\) \| .* \| "
    r'(?P<agrees>\w+) <!--= (?P<function>row|shape)\("(?P<id>\w+)"\) --> \|'
    r"(?: <!-- said -->)?$",
    re.MULTILINE,
)
ROWS = list(TABLE_ROW.finditer((DOCS / "ledger.md").read_text("utf-8")))
PRINTED = printed()


def test_the_ledger_holds_every_output_of_the_book_in_its_order() -> None:
    expected = [e["id"] for e in PRINTED if e["id"] in ENTRIES]
    assert [row["id"] for row in ROWS] == expected
    assert len(expected) == len(ENTRIES)


def test_each_row_names_the_section_of_the_book() -> None:
    expected = {entry["id"]: entry["section"] for entry in PRINTED}
    assert {row["id"]: row["section"] for row in ROWS} == {
        entry_id: expected[entry_id] for entry_id in ENTRIES
    }


def test_each_row_agrees_and_shapes_are_shown_whole() -> None:
    for row in ROWS:
        assert row["agrees"] == "yes"
        is_shape = row["id"].endswith("_shape")
        assert row["function"] == ("shape" if is_shape else "row")


def test_each_row_leads_to_a_page_of_its_section() -> None:
    for row in ROWS:
        text = (DOCS / row["page"]).read_text(encoding="utf-8")
        assert f"title: {row['section']} " in text
