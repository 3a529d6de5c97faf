"""Keeps the addresses of webhooks, which are secrets, out of the log; and strangers from filling it."""

import logging

PREFIX = "/hooks/"
SHOWN = f"{PREFIX}…"


class WithoutAddresses(logging.Filter):
    """For Django's own lines about answers: those of webhooks lose their address, and refusals are not written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the address; let everything else pass."""
        if not isinstance(record.args, tuple) or not any(_is_address(one) for one in record.args):
            return True
        record.args = tuple(SHOWN if _is_address(one) else one for one in record.args)
        return record.levelno >= logging.ERROR


def _is_address(argument: object) -> bool:
    return isinstance(argument, str) and argument.startswith(PREFIX)
