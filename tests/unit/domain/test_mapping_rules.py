"""How a channel's words are found: wildcards, primaries, near SKUs, and where references go."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.mappings.rules import (
    CarrierRow,
    Level,
    Place,
    blur_sku,
    matches,
    read_carrier,
    say_carrier,
    sort_references,
)

words = st.text("ab ", max_size=6)
patterns = st.text("ab *", max_size=6)


@given(patterns, words)
def test_a_pattern_matches_as_a_regular_expression_would(pattern: str, text: str) -> None:
    expected = re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text) is not None
    assert matches(pattern, text) is expected


@given(st.lists(st.builds(CarrierRow, st.sampled_from("XYZ"), words, patterns, patterns), max_size=6), words, words)
def test_what_is_found_matches_and_does_not_depend_on_order(rows: list[CarrierRow], carrier: str, service: str) -> None:
    found = read_carrier(rows, carrier, service)
    fitting = [row for row in rows if matches(row.channel_carrier, carrier) and matches(row.channel_service, service)]
    assert (found is None) == (not fitting)
    again = read_carrier(rows[::-1], carrier, service)
    if found is not None and again is not None:
        same = (found.channel_carrier, found.channel_service)
        assert (again.channel_carrier, again.channel_service) == same
        if any(row.channel_carrier == carrier for row in fitting):
            assert found.channel_carrier == carrier


def test_exact_comes_before_wildcard_and_the_longest_wildcard_first() -> None:
    rows = [
        CarrierRow("ANY", "", "*", "*"),
        CarrierRow("FEDEX", "2DAY", "2nd Day*", "*"),
        CarrierRow("UPS", "SAVER", "2nd Day Air*", "*"),
        CarrierRow("UPS", "AIR", "2nd Day Air", ""),
    ]
    assert [
        getattr(read_carrier(rows, *asked), "service", None)
        for asked in (("2nd Day Air", ""), ("2nd Day Air Saver", ""), ("2nd Day", "x"), ("Sea", ""))
    ] == ["AIR", "SAVER", "2DAY", ""]


def test_several_codes_of_theirs_are_one_of_ours_and_the_primary_is_said() -> None:
    funnel = [
        CarrierRow("FEDEX", "GROUND", "FDEG", "", is_primary=True),
        CarrierRow("FEDEX", "GROUND", "FDEX", "Ground"),
        CarrierRow("FEDEX", "GROUND", "Fed*", "*"),
    ]
    said = say_carrier(funnel, "FEDEX", "GROUND")
    assert said is funnel[0]
    assert read_carrier(funnel, "FDEG", "") is funnel[0]
    assert read_carrier(funnel, "FDEX", "Ground") is funnel[1]
    assert say_carrier(funnel[1:], "FEDEX", "GROUND") is funnel[1], "the only one that can be sent"
    assert say_carrier([funnel[1], CarrierRow("FEDEX", "GROUND", "X", "")], "FEDEX", "GROUND") is None
    assert say_carrier(funnel, "FEDEX", "") is None, "no service is not any service"


def test_a_service_alone_means_the_one_carrier_that_has_it() -> None:
    rows = [CarrierRow("DHL", "EXPRESS", "D1", ""), CarrierRow("POST", "", "P", "")]
    assert say_carrier(rows, "", "EXPRESS") is rows[0]
    assert say_carrier(rows, "", "POST") is rows[1]
    assert say_carrier([*rows, CarrierRow("UPS", "EXPRESS", "U1", "")], "", "EXPRESS") is None


@pytest.mark.parametrize(("one", "other"), [("MUG-1", "mug-1 "), ("007", "7"), ("A B", "ab"), ("0 0x", "X")])
def test_skus_that_people_mix_up_look_alike(one: str, other: str) -> None:
    assert blur_sku(one) == blur_sku(other)
    assert blur_sku("70") != blur_sku("7")


LEVEL = Level(
    (
        Place("details.instructions", "Packing instructions", 10),
        Place("properties.line", "Line field", 10, is_taken=True),
        Place("references.*", "Another reference", 5, reserved=("customer",)),
        Place("properties.*", "Custom field", 5),
    ),
    custom="properties.*",
)


def test_a_mapped_reference_goes_to_its_property_and_the_rest_to_custom_fields() -> None:
    found = sort_references(
        {"Gift": "Wrap it", "PO": "4711", "No place": "x", "empty": ""}, {"Gift": "details.instructions"}, LEVEL
    )
    assert found.said == {"details.instructions": "Wrap it", "properties.PO": "4711"}
    assert (found.left_out, found.troubles) == (("No place",), ())


def test_a_value_that_does_not_fit_is_named_and_never_cut() -> None:
    found = sort_references({"PO": "123456"}, {}, LEVEL)
    assert found.said == {}
    assert found.troubles == ("PO is 6 characters long; Custom field takes 5",)


def test_what_is_ours_or_taken_is_never_overwritten() -> None:
    mapped = {"a": "references.customer", "b": "properties.line", "c": "details.nothing"}
    found = sort_references(dict.fromkeys(mapped, "x"), mapped, LEVEL)
    assert (found.said, found.left_out) == ({}, ("a", "b", "c"))
    assert sort_references({"a": "x"}, {}, None).left_out == ("a",)
