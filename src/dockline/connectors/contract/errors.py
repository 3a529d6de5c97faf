"""Seven ways a conversation with a warehouse system can fail, each named after what to do next.

ConnectorError
├── NotReached        surely not done, may be repeated
├── OutcomeUnknown    a write was sent, the answer is missing: look before sending again
├── Refused           understood and declined: a person changes the record or a mapping
├── NotAuthorised     the credentials were rejected: the channel pauses
├── Misconfigured     our settings do not fit their world: the channel pauses
├── NotExpressible    cannot be said in this vendor's language
└── Unreadable        the answer is not as agreed: kept for a developer
"""


class ConnectorError(Exception):
    """The warehouse system could not do what was asked.

    `message` is a sentence for the operator, `detail` a redacted text for the developer, `field` a pointer into
    what we sent where the far side named one, `request_id` the vendor's own id of the call.
    """

    def __init__(self, message: str, *, detail: str = "", field: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.field = field
        self.request_id = request_id


class NotReached(ConnectorError):
    """The request was surely not processed and may be repeated.

    `wait_seconds` is how long the far side asked us to wait, if it did; `throttled` says that we were asked to slow
    down, which does not count as an attempt; `distrusted` says that somebody answered whose certificate is no good.
    """

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        field: str = "",
        request_id: str = "",
        wait_seconds: float | None = None,
        throttled: bool = False,
        distrusted: bool = False,
    ) -> None:
        super().__init__(message, detail=detail, field=field, request_id=request_id)
        self.wait_seconds = wait_seconds
        self.throttled = throttled
        self.distrusted = distrusted


class OutcomeUnknown(ConnectorError):
    """A write was sent and its answer is missing: it may or may not have been done."""


class Refused(ConnectorError):
    """The far side understood and declined.

    `already_there` says that it declined because it has such a record; `existing_id` names it where it is known.
    """

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        field: str = "",
        request_id: str = "",
        existing_id: str = "",
        already_there: bool = False,
    ) -> None:
        super().__init__(message, detail=detail, field=field, request_id=request_id)
        self.existing_id = existing_id
        self.already_there = already_there or bool(existing_id)


class NotAuthorised(ConnectorError):
    """The far side rejected our credentials or they do not allow this."""


class Misconfigured(ConnectorError):
    """The channel's settings do not fit the far side. `field` names the setting."""


class NotExpressible(ConnectorError):
    """This cannot be said in the vendor's language."""


class Unreadable(ConnectorError):
    """The answer is not as agreed: broken, truncated or changed in shape."""
