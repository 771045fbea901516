"""Numbers in words and digits: what each says, and how one is written."""

import re

import pytest

from press.pages.numbers import NUMBER, Number, last_count, shown_as, value_of

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven"),
    *("eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = (
    *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty"),
    "ninety",
)
PARTS = (
    *("third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth"),
    "tenth",
)
PLACES = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh"),
    *("eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
POWERS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6}
OTHERS = {"once": 1, "twice": 2, "thrice": 3, "dozen": 12, "a dozen": 12}


def test_every_word_from_zero_to_ninety_nine_says_its_number() -> None:
    words = list(ONES)
    for tens in TENS:
        words += [tens, *(f"{tens}-{one}" for one in ONES[1:10])]
    assert [value_of(word) for word in words] == list(range(100))
    for power, times in POWERS.items():
        assert value_of(f"a {power}") == times
        for i, word in enumerate(words[1:], start=1):
            assert value_of(f"{word} {power}") == i * times


def test_every_part_of_one_says_its_fraction() -> None:
    assert value_of("half") == value_of("a half") == 1 / 2
    for parts, part in enumerate(PARTS, start=3):
        assert value_of(f"a {part}") == value_of(f"one {part}") == 1 / parts
        for count in range(2, parts):
            assert value_of(f"{ONES[count]} {part}s") == count / parts


def test_every_place_and_other_word_says_its_number() -> None:
    found = [value_of(place) for place in PLACES]
    assert found == list(range(1, len(PLACES) + 1))
    assert {word: value_of(word) for word in OTHERS} == OTHERS


@pytest.mark.parametrize(
    "word",
    [
        *("ten third", "four thirds", "one thirds", "zero hundred"),
        *("twenty-zero", "twenty-ten"),
    ],
)
def test_what_nobody_writes_is_no_number(word: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        value_of(word)


def test_of_words_the_longest_is_one_number() -> None:
    text = "Twenty-two, two thirds, six, sixteen, a hundred and two."
    assert NUMBER.findall(text) == [
        *("Twenty-two", "two thirds", "six", "sixteen", "a hundred", "two")
    ]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        *(("0", False), ("1", False), ("one", False), ("2", True)),
        *(("two", True), ("Twenty-one", True), ("a  hundred", True)),
        *(("second", False), ("twice", False), ("half", False)),
        *(("2.5", False), ("3rd", False)),
    ],
)
def test_a_count_is_two_or_more_in_digits_or_words(
    text: str, counts: bool
) -> None:
    assert Number(text, 0).is_count == counts


def test_the_last_count_is_the_last_number_that_counts() -> None:
    text = "Of 5: it has 2 of 3 in the 4th row. And 6."
    whole = re.search("it .* row", text)
    assert whole
    assert last_count(whole) == Number("3", text.index("3"))
    alone = re.search(".*", "One way, the second.")
    assert alone
    assert last_count(alone) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *((1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th")),
        *((11, "11th"), (12, "12th"), (13, "13th"), (14, "14th")),
        *((21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th")),
        *((101, "101st"), (111, "111th"), (112, "112th"), (113, "113th")),
    ],
)
def test_a_place_is_written_with_its_ending(value: int, written: str) -> None:
    assert shown_as(value, "25th") == written
    assert value_of(written) == value
