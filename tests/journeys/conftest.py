"""The hubs of the flow tests: each is checked for every sentence that must always be true."""

from tests.flows.conftest import hub, manual_hub

__all__ = ["hub", "manual_hub"]
