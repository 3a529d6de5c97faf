"""The page of the core checklist is what the browser tests say, and every id is shown."""

from tests.browser import checklist


def test_every_id_has_tests_and_a_picture() -> None:
    assert [number for number, tests in checklist.find_tests().items() if not tests] == []
    assert [number for number in checklist.REQUIREMENTS if not checklist.picture_of(number).exists()] == []


def test_the_page_is_current() -> None:
    assert checklist.PAGE.read_text() == checklist.render(), "make checklist"
