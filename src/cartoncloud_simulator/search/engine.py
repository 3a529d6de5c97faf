"""Running a search: the condition becomes a test and, where an index helps, a short list of candidates."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from cartoncloud_simulator.api.bodies import read_text
from cartoncloud_simulator.api.call import Call
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.search import literals
from cartoncloud_simulator.search.fields import Endpoint, Getter
from cartoncloud_simulator.settings import TIMESTAMP_FORMS
from cartoncloud_simulator.world.world import World

_COMPOSITES = ("AndCondition", "OrCondition")
_LEAVES = (
    "TextComparisonCondition",
    "BooleanComparisonCondition",
    "NumericComparisonCondition",
    "DateComparisonCondition",
    "DateTimeComparisonCondition",
)
_DEEPEST = 100
_MODIFIED = "/timestamps/modified/time"
_SINCE_METHODS = ("GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "EQUAL_TO", "STARTS_WITH")

# Every id that may pass, and perhaps more; none where no index knows.
Ids = Collection[str] | None


class _Plan(NamedTuple):
    """A test, and the ids that can pass it where an index knows them."""

    test: Callable[[Any], bool]
    ids: Ids = None


def search(call: Call, endpoint: Endpoint) -> list[Any]:
    """The entities the caller may see that satisfy the condition, in the tenant's order of results."""
    world = call.world
    condition = call.json_object().get("condition")
    if not isinstance(condition, dict):
        raise _malformed(world, "Missing field 'condition' from the search request")
    plan = _Reader(world, endpoint).read_composite(condition)

    everything = endpoint.all(world)
    candidates: Iterable[Any] = everything.values()
    if plan.ids is not None:
        candidates = [everything[entity_id] for entity_id in plan.ids if entity_id in everything]
    found = [entity for entity in candidates if plan.test(entity) and _in_scope(call, entity)]
    if world.settings.search_lag_seconds or world.clock.seconds() < world.hidden_until:
        found = [entity for entity in found if endpoint.visible(world, entity)]

    match world.settings.search_order:
        case "created_ascending":
            found.sort(key=lambda entity: entity.seq)
        case "created_descending":
            found.sort(key=lambda entity: -entity.seq)
        case "modified_ascending":
            found.sort(key=lambda entity: (entity.modified_at, entity.seq))
    return found


def _in_scope(call: Call, entity: Any) -> bool:
    warehouse_id = getattr(entity, "warehouse_id", None)
    return call.sees_customer(entity.customer_id) and (warehouse_id is None or call.sees_warehouse(warehouse_id))


def _malformed(world: World, message: str) -> Exception:
    return plain(world.settings.malformed_search_status, message)


class _Reader:
    """Reads one condition for one endpoint."""

    def __init__(self, world: World, endpoint: Endpoint) -> None:
        self._world = world
        self._endpoint = endpoint

    def read_composite(self, condition: dict[str, Any], depth: int = 0) -> _Plan:
        kind = condition.get("type")
        if kind is None:
            raise self._bad("Missing field 'type' from the search condition")
        if kind not in _COMPOSITES:
            if kind in _LEAVES:
                raise self._bad("Missing field 'conditions' from the search condition")
            raise self._bad(f"Unknown search condition type {kind}")
        conditions = condition.get("conditions")
        if not isinstance(conditions, list) or not all(isinstance(inner, dict) for inner in conditions):
            raise self._bad("Missing field 'conditions' from the search condition")
        if depth > _DEEPEST:
            raise self._bad("The search condition is nested too deeply")
        if not conditions and kind == "AndCondition" and self._world.settings.empty_and_matches == "refused":
            raise self._bad("The field 'conditions' of the search condition is empty")
        plans = [self._read(inner, depth + 1) for inner in conditions]
        return _all_of(plans) if kind == "AndCondition" else _any_of(plans)

    def _read(self, condition: dict[str, Any], depth: int) -> _Plan:
        if condition.get("type") in _LEAVES:
            return self._read_leaf(condition)
        return self.read_composite(condition, depth)

    def _read_leaf(self, leaf: dict[str, Any]) -> _Plan:
        pointer = self._read_pointer(leaf.get("field"))
        getter = self._endpoint.find_getter(self._world, pointer)
        if getter is None:
            raise self._unknown(pointer)
        value = leaf.get("value")
        if not isinstance(value, dict) or value.get("type") != "ValueField" or "value" not in value:
            raise self._bad("Missing field 'value' from the search condition")
        literal, method = value["value"], leaf.get("method")
        if leaf["type"] == "TextComparisonCondition":
            literal = read_text(literal)
        if method is not None and not isinstance(method, str):
            raise self._bad("The search method must be a string")
        if pointer.startswith("/timestamps/"):
            self._check_timestamp_form(leaf["type"], method)
        try:
            test = self._make_test(leaf["type"], literal, method)
        except literals.BadLiteral as bad:
            raise self._bad(str(bad)) from None
        return _Plan(self._on_entity(getter, test, method), self._look_up(leaf["type"], pointer, literal, method))

    def _check_timestamp_form(self, kind: str, method: str | None) -> None:
        """Which ways of searching a timestamp work is not agreed on."""
        form = kind.removesuffix("ComparisonCondition")
        if form == "Text" and method in literals.PATTERNS:
            form = "StartsWith"
        if form in TIMESTAMP_FORMS and form not in self._world.settings.timestamp_search_forms:
            raise self._bad(f"A timestamp cannot be searched by {kind} {method}")

    def _make_test(self, kind: str, literal: Any, method: str | None) -> literals.Test:
        match kind:
            case "TextComparisonCondition":
                sensitive = self._world.settings.text_case_sensitive
                return literals.text_test(literal, method or "", case_sensitive=sensitive)
            case "BooleanComparisonCondition":
                texts = self._world.settings.string_booleans_accepted
                return literals.boolean_test(literal, method, texts_accepted=texts)
            case "NumericComparisonCondition":
                return literals.numeric_test(literal, method or "")
            case "DateComparisonCondition":
                return literals.date_test(literal, method or "")
            case _:
                return literals.date_time_test(literal, method or "")

    def _on_entity(self, getter: Getter, test: literals.Test, method: str | None) -> Callable[[Any], bool]:
        world = self._world
        when_absent = method in literals.NEGATIONS and world.settings.absent_matches_negation

        def passes(entity: Any) -> bool:
            value = getter(world, entity)
            return when_absent if value is None else test(value)

        return passes

    def _look_up(self, kind: str, pointer: str, literal: Any, method: str | None) -> Ids:
        index = self._endpoint.indexes.get(pointer)
        if index is not None and kind == "TextComparisonCondition" and method == "EQUAL_TO":
            # An index is keyed by one spelling only where the values are ids, which are written in lower case.
            return index(self._world, literal.lower() if pointer.endswith("/id") else literal)
        since = self._endpoint.modified_since
        if since is not None and pointer == _MODIFIED and method in _SINCE_METHODS:
            earliest = literals.earliest_instant(literal, method)
            return since(self._world, earliest) if earliest is not None else None
        return None

    def _read_pointer(self, sent: Any) -> str:
        if not isinstance(sent, dict):
            raise self._bad("Missing field 'field' from the search condition")
        if sent.get("type") == "JsonField" and isinstance(sent.get("pointer"), str):
            pointer = str(sent["pointer"])
            if not self._endpoint.takes(self._world, pointer):
                raise self._unknown(pointer)
            return pointer
        if sent.get("type") == "ValueField" and isinstance(sent.get("value"), str):
            named = self._endpoint.aliases.get(sent["value"])
            if named is None:
                raise self._unknown(sent["value"])
            return named
        raise self._bad("Missing field 'pointer' from the search field")

    def _unknown(self, field: str) -> Exception:
        return plain(self._world.settings.unknown_field_status, f"Unknown search field {field}")

    def _bad(self, message: str) -> Exception:
        return _malformed(self._world, message)


def _all_of(plans: list[_Plan]) -> _Plan:
    if len(plans) == 1:
        return plans[0]
    tests = [plan.test for plan in plans]
    known = [plan.ids for plan in plans if plan.ids is not None]
    return _Plan(lambda entity: all(test(entity) for test in tests), min(known, key=len) if known else None)


def _any_of(plans: list[_Plan]) -> _Plan:
    tests = [plan.test for plan in plans]
    known = [plan.ids for plan in plans if plan.ids is not None]
    ids: Ids = set[str]().union(*known) if len(known) == len(plans) else None
    return _Plan(lambda entity: any(test(entity) for test in tests), ids)
