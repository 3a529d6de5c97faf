"""The tests every connector passes, as far as its declared abilities go.

A test module subclasses `Conformance` and sets `far` before each test. Plain asserts, no test library: pytest and
unittest both run it.
"""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from unittest import SkipTest

from pydantic import ValidationError

from dockline.connectors.contract import errors, messages, notices
from dockline.connectors.contract.capabilities import PROTOCOLS, Capability
from dockline.connectors.contract.notices import FarReceiptStatus, FarStatus
from dockline.connectors.contract.spec import Offer
from dockline.connectors.toolkit.certification import Claim, NotDeclared, certifies
from dockline.connectors.toolkit.examples import (
    READ_ANSWERS,
    SAID_NO,
    WRITE_ANSWERS,
    make_line,
    make_message,
    make_product,
    make_purchase,
    raises,
)
from dockline.connectors.toolkit.far_side import (
    CANCEL,
    CANCEL_PURCHASE,
    EXPORT,
    EXPORT_PURCHASE,
    FIND,
    FIND_PURCHASE,
    PRODUCT,
    REPORT,
    FarSide,
)


class Conformance:
    """Subclass it, and set `far` before each test."""

    far: FarSide

    def test_spec_is_complete(self) -> None:
        """It names itself, and every setting explains itself."""
        spec = self.far.spec
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", spec.key)
        assert spec.label
        assert Capability.CHECK in spec.capabilities
        for name, field in spec.settings.model_fields.items():
            assert field.title and field.description, f"{name} lacks a title or help"
        assert spec.settings.model_json_schema()["properties"].keys() == spec.settings.model_fields.keys()
        pace_names = spec.paces(self._settings())
        assert all(pace.seconds_between >= 0 for pace in pace_names.values())

    def test_settings_refuse_what_they_do_not_know(self) -> None:
        """It takes the working settings, and no others beside them."""
        try:
            self.far.spec.settings.model_validate({**self.far.settings(), "no_such_setting": 1})
        except ValidationError:
            return
        raise AssertionError("An unknown setting was accepted.")

    def test_declared_is_implemented(self) -> None:
        """It has the protocol of each declared ability and of no other."""
        connector = self.far.open()
        for capability, protocol in PROTOCOLS.items():
            assert isinstance(connector, protocol) == (capability in self.far.spec.capabilities), capability

    def test_webhooks_hint_at_what_it_can_do(self) -> None:
        """Each kind of call has an address of its own, and hints at an ability that slows down to a safety net."""
        spec = self.far.spec
        if spec.webhooks is None:
            raise SkipTest("It is not called.")
        keys = [kind.key for kind in spec.webhooks.kinds]
        assert keys and len(set(keys)) == len(keys)
        assert all(re.fullmatch(r"[a-z][a-z0-9-]{1,39}", key) for key in keys), keys
        assert all(kind.label and kind.when for kind in spec.webhooks.kinds)
        assert spec.webhooks.id_name and spec.webhooks.request(self._settings())
        for hinted in {kind.hints_at for kind in spec.webhooks.kinds}:
            assert hinted in spec.capabilities and hinted in spec.rhythms, hinted
            rhythm = spec.rhythms[hinted]
            assert rhythm.safety_seconds in rhythm.periods_seconds, hinted
            assert rhythm.safety_seconds >= rhythm.default_seconds, hinted

    def test_check_passes(self) -> None:
        """It finds nothing missing where nothing is."""
        report = self.far.open().check()
        assert report.passed, [step for step in report.steps if not step.passed]

    def test_check_tells_mistakes_apart(self) -> None:
        """It blames the right setting, says why, and stops there."""
        for name, settings in self.far.wrong_settings().items():
            steps = self.far.open(settings).check().steps
            failed = [step for step in steps if step.passed is False]
            assert [step.field for step in failed] == [name], (name, steps)
            assert failed[0].detail
            assert all(step.passed is None for step in steps[steps.index(failed[0]) + 1 :])
            self._assert_no_secret(str(steps))

    @certifies(Claim.FINDS_BY_REFERENCE)
    def test_export_find_and_read_agree(self) -> None:
        """It says the same of a shipment however it is asked."""
        connector, message = self._exporting()
        sent = connector.export_shipment(message)
        (found,) = connector.find_shipments([message.reference])[message.reference]
        again = connector.read_shipment(sent.external_id)
        for notice in (sent, found, again):
            assert (notice.external_id, notice.reference) == (sent.external_id, message.reference)
            assert _totals(notice) == {line.sku: line.base_quantity for line in message.lines}
            assert notice.status is not FarStatus.UNKNOWN

    @certifies(Claim.SENDS_ONCE)
    def test_the_same_export_twice_leaves_one(self) -> None:
        """It returns the same shipment again, or refuses and names it."""
        connector, message = self._exporting()
        first = connector.export_shipment(message)
        try:
            assert connector.export_shipment(message).external_id == first.external_id
        except errors.Refused as refusal:
            assert refusal.existing_id == first.external_id
        assert self.far.count_shipments(message.reference) == 1

    @certifies(Claim.SENDS_ONCE)
    def test_another_content_is_refused(self) -> None:
        """It never replaces a shipment that is there under the same reference."""
        connector, message = self._exporting()
        first = connector.export_shipment(message)
        (line,) = message.lines
        other = make_message(message.reference, line.sku, line.base_quantity + 1)
        with raises(errors.Refused) as caught:
            connector.export_shipment(other)
        assert caught[0].existing_id == first.external_id
        assert _totals(connector.read_shipment(first.external_id)) == {line.sku: line.base_quantity}

    @certifies(Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS)
    def test_a_lost_answer_is_unknown_and_can_be_found(self) -> None:
        """It sends once, does not know, and sees the shipment when it looks."""
        self._needs_answers()
        connector, message = self._exporting()
        before = self.far.count_requests(EXPORT)
        self.far.lose_answer(EXPORT)
        with raises(errors.OutcomeUnknown):
            connector.export_shipment(message)
        assert self.far.count_requests(EXPORT) == before + 1
        assert len(connector.find_shipments([message.reference])[message.reference]) == 1
        assert self.far.count_shipments(message.reference) == 1

    @certifies(Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS)
    def test_a_lost_request_is_unknown_and_is_not_there(self) -> None:
        """It does not know that nothing was done, sends no second one by itself, and sees nothing when it looks."""
        self._needs_answers()
        connector, message = self._exporting()
        before = self.far.count_requests(EXPORT)
        self.far.lose_request(EXPORT)
        with raises(errors.OutcomeUnknown):
            connector.export_shipment(message)
        assert self.far.count_requests(EXPORT) == before + 1
        assert connector.find_shipments([message.reference]) == {message.reference: ()}
        connector.export_shipment(message)
        assert self.far.count_shipments(message.reference) == 1

    @certifies(Claim.ENDS_SILENCE, Claim.KNOWS_LOST_ANSWERS)
    def test_silence_ends_at_the_deadline(self) -> None:
        """It does not wait for an answer longer than its calls may take; that answer is lost."""
        self._needs_answers()
        _, message = self._exporting()
        connector = self.far.open(deadline_seconds=2.0)
        self.far.keep_silent(EXPORT, 4.0)
        with raises(errors.OutcomeUnknown):
            connector.export_shipment(message)
        assert len(connector.find_shipments([message.reference])[message.reference]) == 1

    @certifies(Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE)
    def test_searches_that_lag_behind_double_nothing(self) -> None:
        """It sees later what searches do not show yet; what is sent again meanwhile leaves one."""
        self._needs_answers()
        connector, message = self._exporting()
        with self.far.lagging_searches():
            self.far.lose_answer(EXPORT)
            with raises(errors.OutcomeUnknown):
                connector.export_shipment(message)
            assert connector.find_shipments([message.reference]) == {message.reference: ()}
            try:
                connector.export_shipment(message)
            except errors.Refused as refusal:
                assert refusal.already_there
        assert len(connector.find_shipments([message.reference])[message.reference]) == 1
        assert self.far.count_shipments(message.reference) == 1

    @certifies(Claim.FINDS_BY_REFERENCE)
    def test_pages_that_shift_hide_nothing(self) -> None:
        """It looks through all pages, and does not take for absent what slipped through them."""
        self._needs_answers()
        connector, references = self._exporting_five()
        with self.far.short_pages():
            found = connector.find_shipments(references)
            assert [len(found[reference]) for reference in references] == [1] * 5
        with self.far.short_pages(slipping=True), raises(errors.NotReached):
            connector.find_shipments(references)

    def test_what_slips_through_pages_is_received_later(self) -> None:
        """It stays where it is while something may be missing, and brings that next time."""
        self._needs(Capability.RECEIVE_SHIPMENTS)
        self._needs_answers()
        connector, references = self._exporting_five()
        with self.far.short_pages(slipping=True):
            first, position = _drain(connector.receive_shipments(""))
        second, _ = _drain(connector.receive_shipments(position))
        assert len(first) < 5
        assert {one.reference for one in (first | second).values()} == set(references)

    @certifies(Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS)
    def test_each_answer_to_a_write_means_one_error(self) -> None:
        """It follows the status table, and sends once whatever comes back."""
        self._needs_answers()
        connector, message = self._exporting()
        for status, answer, expected in WRITE_ANSWERS:
            before = self.far.count_requests(EXPORT)
            self.far.answer_next(EXPORT, status, **answer)
            with raises(expected, exactly=True) as caught:
                connector.export_shipment(message)
            assert caught[0].message, status
            assert self.far.count_requests(EXPORT) == before + 1, status
        assert self.far.count_shipments(message.reference) == 0

    @certifies(Claim.FINDS_BY_REFERENCE)
    def test_each_answer_to_a_read_means_one_error(self) -> None:
        """It never takes a failed look for an empty one."""
        self._needs_answers()
        connector, _ = self._exporting()
        for status, answer, expected in READ_ANSWERS:
            self.far.answer_next(FIND, status, **answer)
            with raises(expected, exactly=True):
                connector.find_shipments(["NOT-THERE"])

    @certifies(Claim.KNOWS_LOST_ANSWERS)
    def test_being_slowed_down_carries_the_wait(self) -> None:
        """It passes on how long to wait, in seconds or until a date, between a second and an hour."""
        self._needs_answers()
        connector, message = self._exporting()
        soon = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        for header, low, high in (("7", 7, 7), (soon, 20, 30), ("0", 1, 1), ("999999", 3600, 3600)):
            self.far.answer_next(EXPORT, 429, headers={"retry-after": header})
            with raises(errors.NotReached) as caught:
                connector.export_shipment(message)
            assert caught[0].throttled
            assert low <= caught[0].wait_seconds <= high, header

    @certifies(Claim.FINDS_BY_REFERENCE)
    def test_find_is_exact(self) -> None:
        """It answers for each asked reference, and confuses none with one like it."""
        connector, message = self._exporting()
        connector.export_shipment(message)
        near = [message.reference + "0", message.reference[:-1], message.reference.swapcase(), "", "NOT-THERE"]
        found = connector.find_shipments([*near, message.reference])
        assert set(found) == {*near, message.reference}
        assert {reference for reference, those in found.items() if those} == {message.reference}

    @certifies(Claim.FINDS_BY_REFERENCE)
    def test_find_reads_many(self) -> None:
        """It finds each of more references than fit into one question."""
        connector, message = self._exporting(stock=Decimal(1000))
        sku = message.lines[0].sku
        references = [f"{message.reference}-{number}" for number in range(7)]
        for reference in references:
            connector.export_shipment(make_message(reference, sku))
        found = connector.find_shipments([*references, *(f"NONE-{number}" for number in range(120))])
        assert [len(found[reference]) for reference in references] == [1] * 7
        assert sum(map(len, found.values())) == 7

    def test_reading_what_is_not_there(self) -> None:
        """It says so, and does not fail."""
        connector, _ = self._exporting()
        assert connector.read_shipment("00000000-0000-4000-8000-000000000000") is None

    def test_odd_content_survives(self) -> None:
        """It carries long texts, odd characters, fractions and missing parts, and gives the line references back."""
        connector, message = self._exporting()
        sku = message.lines[0].sku
        odd = messages.ShipmentMessage(
            reference=message.reference + "-é✓'\"",
            order_number="№ 7",
            ship_to=messages.Address(contact="O'Brien & Søn \u200f<b>", line_1="长" * 60, country="AU"),
            lines=(make_line("x/1", sku, Decimal("0.125")), make_line("x/2", sku, Decimal("3"))),
            instructions="Ring twice. " * 40,
        )
        notice = connector.export_shipment(odd)
        assert notice.reference == odd.reference
        assert _totals(notice) == {sku: Decimal("3.125")}
        assert {line.line_ref for line in notice.lines} <= {"x/1", "x/2", ""}

    def test_many_threads_share_a_connector(self) -> None:
        """It may be called from several threads at once."""
        connector, message = self._exporting(stock=Decimal(1000))
        sku = message.lines[0].sku
        failures: list[BaseException] = []

        def work(reference: str) -> None:
            try:
                connector.export_shipment(make_message(reference, sku))
            except BaseException as failure:
                failures.append(failure)

        references = [f"{message.reference}-{number}" for number in range(6)]
        threads = [threading.Thread(target=work, args=(reference,)) for reference in references]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert [self.far.count_shipments(reference) for reference in references] == [1] * 6

    @certifies(Claim.CANCELS)
    def test_what_is_cancelled_is_gone(self) -> None:
        """It takes a shipment back that nobody works on; asked again, it is as gone as before."""
        self._needs(Capability.CANCEL_SHIPMENTS)
        connector, message = self._exporting()
        sent = connector.export_shipment(message)
        self.far.let_cancel(True)
        assert connector.cancel_shipment(sent.external_id).done
        assert connector.read_shipment(sent.external_id) is None
        assert connector.find_shipments([message.reference]) == {message.reference: ()}
        assert connector.cancel_shipment(sent.external_id).done
        connector.export_shipment(message)
        assert len(connector.find_shipments([message.reference])[message.reference]) == 1

    @certifies(Claim.MAY_BE_TOO_LATE_TO_CANCEL)
    def test_too_late_to_cancel_is_an_answer(self) -> None:
        """It says that it is too late, and why, and leaves the shipment as it is."""
        self._needs(Capability.CANCEL_SHIPMENTS)
        self._needs_answers()
        connector, message = self._exporting()
        sent = connector.export_shipment(message)
        self.far.let_cancel(False)
        refused = connector.cancel_shipment(sent.external_id)
        assert not refused.done and refused.reason
        self.far.let_cancel(True)
        self.far.ship(sent.external_id)
        late = connector.cancel_shipment(sent.external_id)
        assert not late.done and late.reason
        assert _totals(connector.read_shipment(sent.external_id)) == _totals(sent)

    @certifies(Claim.MAY_BE_TOO_LATE_TO_CANCEL)
    def test_a_lost_answer_to_a_cancel_is_unknown_and_can_be_read(self) -> None:
        """It asks once, does not know, and sees what became of it when it looks."""
        self._needs(Capability.CANCEL_SHIPMENTS)
        self._needs_answers()
        connector, message = self._exporting()
        sent = connector.export_shipment(message)
        self.far.let_cancel(True)
        before = self.far.count_requests(CANCEL)
        self.far.answer_next(CANCEL, 503)
        with raises(errors.OutcomeUnknown):
            connector.cancel_shipment(sent.external_id)
        assert connector.read_shipment(sent.external_id) is not None
        self.far.lose_answer(CANCEL)
        with raises(errors.OutcomeUnknown):
            connector.cancel_shipment(sent.external_id)
        assert self.far.count_requests(CANCEL) == before + 2
        assert connector.read_shipment(sent.external_id) is None

    def test_changes_are_received(self) -> None:
        """It brings back what was shipped with its packages, and moves on without losing anything."""
        self._needs(Capability.RECEIVE_SHIPMENTS)
        connector, message = self._exporting()
        sent = connector.export_shipment(message)
        first, position = _drain(connector.receive_shipments(""))
        assert sent.external_id in first

        self.far.ship(sent.external_id)
        second, later = _drain(connector.receive_shipments(position))
        shipped = second[sent.external_id]
        assert (shipped.status, _totals(shipped)) == (FarStatus.SHIPPED, _totals(sent))
        assert shipped.version > sent.version
        assert [package.tracking_number != "" for package in shipped.packages] == [True]
        assert connector.read_shipment(sent.external_id).packages == shipped.packages
        assert _drain(connector.receive_shipments(position))[0] == second
        assert later

    @certifies(Claim.SENDS_LOTS)
    def test_a_purchase_is_exported_and_found(self) -> None:
        """It says the same of a purchase order when it is sent and when it is found, lots included."""
        connector, message = self._purchasing(lot="B118")
        sent = connector.export_purchase(message)
        (found,) = connector.find_purchases([message.reference])[message.reference]
        for notice in (sent, found):
            assert (notice.external_id, notice.reference) == (sent.external_id, message.reference)
            assert [(one.sku, one.base_quantity, one.lot) for one in notice.lines] == [
                (one.sku, one.base_quantity, one.lot) for one in message.lines
            ]
            assert notice.status in (FarReceiptStatus.EXPECTED, FarReceiptStatus.DRAFT)

    @certifies(Claim.SENDS_ONCE)
    def test_the_same_purchase_twice_leaves_one(self) -> None:
        """It returns the same purchase order again, or refuses and names it; another content never replaces it."""
        connector, message = self._purchasing()
        first = connector.export_purchase(message)
        (line,) = message.lines
        for again in (message, make_purchase(message.reference, line.sku, line.base_quantity + 1)):
            try:
                assert connector.export_purchase(again).external_id == first.external_id
                assert again is message
            except errors.Refused as refusal:
                assert refusal.existing_id == first.external_id
        assert self.far.count_purchases(message.reference) == 1
        (found,) = connector.find_purchases([message.reference])[message.reference]
        assert [one.base_quantity for one in found.lines] == [line.base_quantity]

    @certifies(Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS)
    def test_a_lost_answer_to_a_purchase_can_be_found(self) -> None:
        """It sends once, does not know, and sees the purchase order when it looks."""
        self._needs_answers()
        connector, message = self._purchasing()
        before = self.far.count_requests(EXPORT_PURCHASE)
        self.far.lose_answer(EXPORT_PURCHASE)
        with raises(errors.OutcomeUnknown):
            connector.export_purchase(message)
        assert self.far.count_requests(EXPORT_PURCHASE) == before + 1
        assert len(connector.find_purchases([message.reference])[message.reference]) == 1
        assert self.far.count_purchases(message.reference) == 1

    @certifies(Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS)
    def test_each_answer_to_a_purchase_means_one_error(self) -> None:
        """It follows the status table for writes and for looks, and sends once whatever comes back."""
        self._needs_answers()
        connector, message = self._purchasing()
        for status, answer, expected in WRITE_ANSWERS:
            before = self.far.count_requests(EXPORT_PURCHASE)
            self.far.answer_next(EXPORT_PURCHASE, status, **answer)
            with raises(expected, exactly=True):
                connector.export_purchase(message)
            assert self.far.count_requests(EXPORT_PURCHASE) == before + 1, status
        assert self.far.count_purchases(message.reference) == 0
        for status, answer, expected in READ_ANSWERS:
            self.far.answer_next(FIND_PURCHASE, status, **answer)
            with raises(expected, exactly=True):
                connector.find_purchases(["NOT-THERE"])

    @certifies(Claim.FINDS_BY_REFERENCE)
    def test_finding_purchases_is_exact(self) -> None:
        """It answers for each asked reference, and confuses none with one like it."""
        connector, message = self._purchasing()
        connector.export_purchase(message)
        near = [message.reference + "0", message.reference[:-1], message.reference.swapcase(), "", "NOT-THERE"]
        found = connector.find_purchases([*near, message.reference])
        assert set(found) == {*near, message.reference}
        assert {reference for reference, those in found.items() if those} == {message.reference}

    def test_a_purchase_that_was_received_comes_back(self) -> None:
        """It brings back what arrived of what it sent."""
        self._needs(Capability.RECEIVE_RECEIPTS)
        connector, message = self._purchasing()
        sent = connector.export_purchase(message)
        self.far.take_in(sent.external_id)
        received = {one.external_id: one for page in connector.receive_receipts("") for one in page.notices}
        notice = received[sent.external_id]
        assert (notice.status, notice.reference) == (FarReceiptStatus.RECEIVED, message.reference)
        assert [one.base_quantity for one in notice.lines] == [one.base_quantity for one in message.lines]
        assert notice.version > sent.version

    @certifies(Claim.MAY_BE_TOO_LATE_TO_CANCEL)
    def test_a_purchase_is_cancelled_as_long_as_it_can_be(self) -> None:
        """It takes back what has not come, asked twice, too; and too late is an answer."""
        self._needs(Capability.CANCEL_PURCHASES)
        connector, message = self._purchasing()
        sent = connector.export_purchase(message)
        self.far.let_go_of_purchases()
        assert connector.cancel_purchase(sent.external_id).done
        assert connector.find_purchases([message.reference])[message.reference] == ()
        assert connector.cancel_purchase(sent.external_id).done

        late = make_purchase(message.reference + "-late", message.lines[0].sku)
        arrived = connector.export_purchase(late)
        self.far.take_in(arrived.external_id)
        refused = connector.cancel_purchase(arrived.external_id)
        assert not refused.done and refused.reason
        assert self.far.count_purchases(late.reference) == 1

    @certifies(Claim.MAY_BE_TOO_LATE_TO_CANCEL)
    def test_each_answer_to_a_cancel_means_one_error(self) -> None:
        """It never takes a failed request for a purchase order that is gone."""
        self._needs(Capability.CANCEL_PURCHASES)
        self._needs_answers()
        connector, message = self._purchasing()
        sent = connector.export_purchase(message)
        self.far.let_go_of_purchases()
        for status, answer, expected in WRITE_ANSWERS:
            if status == 404:
                continue
            before = self.far.count_requests(CANCEL_PURCHASE)
            self.far.answer_next(CANCEL_PURCHASE, status, **answer)
            if expected is errors.Refused:
                assert not connector.cancel_purchase(sent.external_id).done
            else:
                with raises(expected, exactly=True):
                    connector.cancel_purchase(sent.external_id)
            assert self.far.count_requests(CANCEL_PURCHASE) == before + 1, status
        assert self.far.count_purchases(message.reference) == 1

    def test_everything_there_is_listed_once(self) -> None:
        """It shows each shipment of the time that is asked for, on however many pages, and none twice."""
        self._needs(Capability.LIST_SHIPMENTS)
        connector, message = self._exporting(stock=Decimal(1000))
        (line,) = message.lines
        said = [make_message(f"{message.reference}-{number}", line.sku, Decimal(1)) for number in range(120)]
        sent = {connector.export_shipment(one).external_id for one in said}
        now = datetime.now(UTC)
        listed = [one for page in connector.list_shipments(now - timedelta(hours=1)) for one in page]
        ours = [one for one in listed if one.external_id in sent]
        assert sorted(one.external_id for one in ours) == sorted(sent)
        assert {one.reference for one in ours} == {one.reference for one in said}
        assert all(_totals(one) == {line.sku: Decimal(1)} for one in ours)
        assert [one for page in connector.list_shipments(now + timedelta(days=1)) for one in page] == []

    def test_a_broken_list_raises(self) -> None:
        """It never passes a part for the whole."""
        self._needs(Capability.LIST_SHIPMENTS)
        self._needs_answers()
        self.far.answer_next(FIND, 503)
        with raises(errors.NotReached):
            list(self.far.open().list_shipments(datetime.now(UTC) - timedelta(hours=1)))

    def test_every_purchase_there_is_listed_once(self) -> None:
        """It shows each purchase order of the time that is asked for, on however many pages, and none twice."""
        self._needs(Capability.LIST_PURCHASES)
        connector, message = self._purchasing()
        (line,) = message.lines
        said = [make_purchase(f"{message.reference}-{number}", line.sku, Decimal(1)) for number in range(120)]
        sent = {connector.export_purchase(one).external_id for one in said}
        listed = [one for page in connector.list_purchases(datetime.now(UTC) - timedelta(hours=1)) for one in page]
        ours = [one for one in listed if one.external_id in sent]
        assert sorted(one.external_id for one in ours) == sorted(sent)
        assert {one.reference for one in ours} == {one.reference for one in said}
        assert all(_totals(one) == {line.sku: Decimal(1)} for one in ours)

    def test_a_broken_list_of_purchases_raises(self) -> None:
        """It never passes a part for the whole."""
        self._needs(Capability.LIST_PURCHASES)
        self._needs_answers()
        self.far.answer_next(FIND_PURCHASE, 503)
        with raises(errors.NotReached):
            list(self.far.open().list_purchases(datetime.now(UTC) - timedelta(hours=1)))

    def test_stock_is_received_complete(self) -> None:
        """It reports every SKU with its stock, more than fit on a page."""
        self._needs(Capability.RECEIVE_INVENTORY)
        products = [make_product(f"STOCK-{number}") for number in range(130)]
        for number, product in enumerate(products, start=1):
            self.far.stock_up(product, Decimal(number))
        before = datetime.now(UTC)
        report = self.far.open().receive_inventory(by_lot=False)
        rows = {row.sku: row for row in report.rows if row.sku.startswith("STOCK-")}
        assert {sku: row.on_hand for sku, row in rows.items()} == {
            product.sku: Decimal(number) for number, product in enumerate(products, start=1)
        }
        assert all(row.sellable and row.free == row.on_hand and row.unit == "EA" for row in rows.values())
        assert before <= report.as_of <= datetime.now(UTC)

    @certifies(Claim.RECEIVES_LOTS)
    def test_stock_is_received_by_lot(self) -> None:
        """It tells stock of one lot from that of another when it is asked to."""
        self._needs(Capability.RECEIVE_INVENTORY)
        if Offer.RECEIVES_LOTS not in self.far.spec.offers:
            raise NotDeclared(f"{self.far.spec.key} receives no lots")
        product = make_product("LOTS")
        self.far.stock_up(product, Decimal(3), lot="B118")
        self.far.stock_up(product, Decimal(4), lot="B1180")
        rows = [row for row in self.far.open().receive_inventory(by_lot=True).rows if row.sku == product.sku]
        assert sorted((row.lot, row.on_hand) for row in rows) == [("B118", Decimal(3)), ("B1180", Decimal(4))]

    def test_a_broken_stock_report_raises(self) -> None:
        """It never passes a part for the whole."""
        self._needs(Capability.RECEIVE_INVENTORY)
        self._needs_answers()
        self.far.answer_next(REPORT, 503)
        with raises(errors.NotReached):
            list(self.far.open().receive_inventory(by_lot=False).rows)

    def test_products_are_exported_once(self) -> None:
        """It creates, then changes nothing, then changes what differs."""
        self._needs(Capability.EXPORT_PRODUCTS)
        connector = self.far.open()
        products = [make_product("NEW-a"), make_product("NEW-b"), make_product("NEW-ü")]
        actions = [(outcome.sku, outcome.action) for outcome in connector.export_products(products)]
        assert actions == [(product.sku, "created") for product in products]
        again = list(self.far.open().export_products(products))
        assert [(outcome.action, outcome.problem) for outcome in again] == [("unchanged", "")] * 3
        renamed = make_product("NEW-a", name="Another name")
        (changed,) = connector.export_products([renamed])
        assert changed.action == "updated"
        assert [outcome.action for outcome in connector.export_products([renamed])] == ["unchanged"]
        assert len({outcome.external_id for outcome in again}) == 3

    def test_products_that_differ_only_in_case(self) -> None:
        """It keeps SKUs apart that differ only in upper and lower case."""
        self._needs(Capability.EXPORT_PRODUCTS)
        products = [make_product("CASE-a"), make_product("CASE-A")]
        created = [outcome.external_id for outcome in self.far.open().export_products(products)]
        again = list(self.far.open().export_products(products))
        assert [(outcome.action, outcome.external_id) for outcome in again] == [("unchanged", one) for one in created]
        assert len(set(created)) == 2

    def test_a_refused_product_is_an_outcome(self) -> None:
        """It says which product was refused and why, and goes on with the others."""
        self._needs(Capability.EXPORT_PRODUCTS)
        self._needs_answers()
        self.far.answer_next(PRODUCT, 422, **SAID_NO)
        outcomes = list(self.far.open().export_products([make_product("NO-1"), make_product("NO-2")]))
        assert [(outcome.action, outcome.problem) for outcome in outcomes] == [("refused", "no"), ("created", "")]

    @certifies(Claim.SPEAKS_TO_NOBODY)
    def test_who_speaks_to_nobody_makes_no_call(self) -> None:
        """It has no address to go to, and goes nowhere."""
        if self.far.answers:
            raise SkipTest(f"{self.far.spec.key} speaks to somebody")
        connector, message = self._exporting()
        connector.export_shipment(message)
        assert self.far.spec.origin(self._settings()) == ""
        assert self.far.kept_texts() == []

    def test_no_secret_is_shown_or_kept(self) -> None:
        """It shows its secrets in no repr, no error and no record, even when the far side repeats them."""
        connector, message = self._exporting()
        if self.far.answers:
            echo = json.dumps([{"message": f"wrong: {' '.join(self._secrets())}"}])
            self.far.answer_next(EXPORT, 422, body=echo, headers={"content-type": "application/json"})
            with raises(errors.Refused) as caught:
                connector.export_shipment(message)
            self._assert_no_secret(f"{caught[0]!r} {caught[0].message} {caught[0].detail}")
        connector.export_shipment(message)
        self._assert_no_secret(repr(connector), repr(self._settings()), str(self._settings()), *self.far.kept_texts())

    def _exporting(self, stock: Decimal = Decimal(100)) -> tuple[Any, messages.ShipmentMessage]:
        self._needs(Capability.EXPORT_SHIPMENTS)
        number = next(_numbers)
        product = make_product(f"SKU-{number}")
        self.far.stock_up(product, stock)
        return self.far.open(), make_message(f"ORD-{number}", product.sku)

    def _exporting_five(self) -> tuple[Any, list[str]]:
        connector, message = self._exporting()
        references = [f"{message.reference}-{number}" for number in range(5)]
        for reference in references:
            connector.export_shipment(make_message(reference, message.lines[0].sku))
        return connector, references

    def _purchasing(self, lot: str = "") -> tuple[Any, messages.PurchaseMessage]:
        self._needs(Capability.EXPORT_PURCHASES)
        number = next(_numbers)
        product = make_product(f"SKU-{number}")
        self.far.stock_up(product, Decimal(1))
        return self.far.open(), make_purchase(f"PO-{number}", product.sku, lot=lot)

    def _settings(self) -> Any:
        return self.far.spec.settings.model_validate(self.far.settings())

    def _secrets(self) -> tuple[str, ...]:
        secrets: tuple[str, ...] = self._settings().secret_values()
        return secrets

    def _needs(self, capability: Capability) -> None:
        if capability not in self.far.spec.capabilities:
            raise NotDeclared(f"{self.far.spec.key} does not declare {capability}")

    def _needs_answers(self) -> None:
        if not self.far.answers:
            raise SkipTest(f"{self.far.spec.key} speaks to nobody")

    def _assert_no_secret(self, *texts: str) -> None:
        for secret in self._secrets():
            assert not any(secret in text for text in texts)


_numbers = count(1)


def _totals(notice: notices.ShipmentNotice | notices.ReceiptNotice) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in notice.lines:
        totals[line.sku] = totals.get(line.sku, Decimal(0)) + line.base_quantity
    return totals


def _drain(pages: Iterator[notices.ShipmentPage]) -> tuple[dict[str, notices.ShipmentNotice], str]:
    found: dict[str, notices.ShipmentNotice] = {}
    position = ""
    for page in pages:
        found.update((notice.external_id, notice) for notice in page.notices)
        position = page.position
    return found, position
