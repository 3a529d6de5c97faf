"""The door sends once, within a deadline and a size, and tells exactly what failed."""

import gzip
import itertools
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable

import pytest

from dockline.connectors.contract import errors
from dockline.connectors.toolkit.redaction import Redactor
from dockline.gateway.http import Call, HttpDoor
from dockline.gateway.http_sockets import Deadline

from .far_sockets import Behaviour, FarSide, answer, far_side

SECRET = "s3cret/value+of the channel"


class Visit:
    """One far side and one door to it, with the calls it recorded."""

    def __init__(self, far: FarSide, door: HttpDoor, calls: list[Call]) -> None:
        self.far, self.door, self.calls = far, door, calls

    def read(self, path: str = "/x") -> object:
        return self.door.send("GET", self.far.origin + path, headers={})

    def write(self, body: bytes = b"{}") -> object:
        return self.door.send("POST", self.far.origin + "/orders", headers={}, body=body, writes=True)


@pytest.fixture
def visit():
    with_far: list[object] = []

    def open_visit(behave: Behaviour, **options: object) -> Visit:
        context = far_side(behave)
        far = context.__enter__()
        calls: list[Call] = []
        settings = {"deadline_seconds": 5.0, "redactor": Redactor([SECRET], {"email"}), **options}
        door = HttpDoor(allowed_origin=far.origin, on_call=calls.append, **settings)
        with_far.append((context, door))
        return Visit(far, door, calls)

    yield open_visit
    for context, door in with_far:
        door.close()
        context.__exit__(None, None, None)


def reset(connection: socket.socket, _: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def test_answers_come_whole_and_connections_are_reused(visit):
    here = visit(answer(body=b'{"a":1}', headers="X-Request-Id: r1\r\n"))

    first, second = here.read(), here.read()

    assert (first.status, first.body, first.headers["x-request-id"]) == (200, b'{"a":1}', "r1")
    assert second == first
    assert here.far.connections == 1


@pytest.mark.parametrize("part", ["header", "body"])
@pytest.mark.fault("N12")
def test_a_drip_ends_at_the_deadline(visit, part: str):
    def drip(connection: socket.socket, _: bytes) -> None:
        if part == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.05)

    here = visit(drip, deadline_seconds=0.4)
    started = time.monotonic()

    with pytest.raises(errors.NotReached):
        here.read()
    with pytest.raises(errors.OutcomeUnknown):
        here.write()

    assert time.monotonic() - started < 1.3


@pytest.mark.fault("N12")
def test_endless_interim_answers_end_at_the_deadline(visit):
    def interim(connection: socket.socket, _: bytes) -> None:
        for _ in range(100):
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            time.sleep(0.02)

    here = visit(interim, deadline_seconds=0.4)

    with pytest.raises(errors.NotReached):
        here.read()


@pytest.mark.fault("N12")
def test_endless_headers_are_refused(visit):
    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))

    with pytest.raises(errors.NotReached):
        visit(endless).read()


@pytest.mark.fault("N01")
def test_a_deadline_that_ends_between_two_steps_of_connecting_is_surely_not_sent(
    visit, monkeypatch: pytest.MonkeyPatch
):
    # Each look at what is left of the connection's time finds less of it, and the second one none.
    left = itertools.chain([5.0, 5.0, 0.1], itertools.repeat(-0.1))
    here = visit(answer(), deadline_seconds=5.0)
    monkeypatch.setattr(Deadline, "remaining", lambda deadline: next(left))

    with pytest.raises(errors.NotReached):
        here.write()


def _chunked(pieces: Callable[[], object], encoding: str = "gzip") -> Behaviour:
    def behave(connection: socket.socket, _: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {encoding}\r\n\r\n"
        connection.sendall(head.encode())
        for piece in pieces():
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    return behave


@pytest.mark.fault("N13")
def test_a_bomb_stops_at_the_cap_after_unpacking(visit):
    bomb = gzip.compress(b"\0" * 50_000_000, mtime=0)
    here = visit(_chunked(lambda: [bomb]), max_bytes=1_000_000)

    with pytest.raises(errors.Unreadable, match="larger than 1,000,000 bytes"):
        here.read()
    with pytest.raises(errors.OutcomeUnknown):
        here.write()
    assert len(here.calls[0].response_body) < 300_000


@pytest.mark.parametrize("packed", [gzip.compress(b'{"a":1}', mtime=0), zlib.compress(b'{"a":1}')])
def test_packed_answers_are_unpacked(visit, packed: bytes):
    assert visit(_chunked(lambda: [packed[:5], packed[5:]])).read().body == b'{"a":1}'


@pytest.mark.parametrize(
    ("packed", "encoding"), [(gzip.compress(b"x" * 99, mtime=0)[:-9], "gzip"), (b"not packed", "gzip"), (b"x", "br")]
)
def test_wrongly_packed_answers_are_unreadable(visit, packed: bytes, encoding: str):
    with pytest.raises(errors.Unreadable):
        visit(_chunked(lambda: [packed], encoding)).read()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.fault("N11")
def test_redirects_are_not_followed(visit, status: int):
    here = visit(answer(f"{status} Elsewhere", headers="Location: /other\r\n"))

    with pytest.raises(errors.Misconfigured, match="never followed"):
        here.read()
    with pytest.raises(errors.OutcomeUnknown, match="never followed"):
        here.write()
    assert len(here.far.requests) == 2


@pytest.mark.parametrize("behave", [reset, silent])
@pytest.mark.fault("N02", "N03")
def test_a_write_without_an_answer_is_unknown_and_sent_once(visit, behave: Behaviour):
    here = visit(behave, deadline_seconds=0.5)

    with pytest.raises(errors.OutcomeUnknown):
        here.write()

    assert len(here.far.requests) == 1
    assert here.calls[0].status is None
    assert here.calls[0].error


@pytest.mark.parametrize("behave", [reset, silent])
@pytest.mark.fault("N02")
def test_a_read_without_an_answer_may_be_repeated(visit, behave: Behaviour):
    with pytest.raises(errors.NotReached):
        visit(behave, deadline_seconds=0.5).read()


@pytest.mark.fault("N03")
def test_a_write_on_a_stale_connection_is_never_repeated(visit):
    """It is answered once, then the connection dies exactly while the next write is under way."""
    answered = answer()

    def behave(connection: socket.socket, request: bytes) -> None:
        (reset if b"second" in request else answered)(connection, request)

    here = visit(behave)
    here.write(b"first")
    with pytest.raises(errors.OutcomeUnknown):
        here.write(b"second")

    assert [request.rsplit(b"\r\n", 1)[1] for request in here.far.requests] == [b"first", b"second"]
    assert here.far.connections == 1


def test_a_connection_closed_while_idle_is_replaced_before_anything_is_sent(visit):
    here = visit(answer(close=True))
    here.write()
    time.sleep(0.1)
    here.write()
    assert (here.far.connections, len(here.far.requests)) == (2, 2)


def test_idle_connections_do_not_pile_up(visit, monkeypatch: pytest.MonkeyPatch):
    """Only the one that came back last is lent again; the others are closed once their time is over."""
    monkeypatch.setattr("dockline.gateway.http_connections._KEEP_ALIVE_SECONDS", 0.2)
    together = threading.Barrier(3)
    answered = answer()

    def behave(connection: socket.socket, request: bytes) -> None:
        if b"together" in request:
            together.wait(5)
        answered(connection, request)

    here = visit(behave)
    threads = [threading.Thread(target=here.read, args=("/together",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(here.door._connections._open) == 3

    time.sleep(0.25)
    for _ in range(3):
        here.read()
    assert len(here.door._connections._open) == 1


def test_who_waits_too_long_for_a_connection_was_surely_not_sent(visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dockline.gateway.http_connections._CONNECTIONS", 1)
    here = visit(answer(), deadline_seconds=0.2)
    with here.door._connections.lend(wait_seconds=1), pytest.raises(errors.NotReached, match="Too many requests"):
        here.write()
    here.write()
    assert len(here.far.requests) == 1


@pytest.mark.fault("N06")
def test_a_truncated_answer_to_a_write_is_unknown(visit):
    def cut(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
        connection.shutdown(socket.SHUT_RDWR)

    here = visit(cut)
    with pytest.raises(errors.OutcomeUnknown):
        here.write()
    assert here.calls[0].status == 201


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://no-such-host.invalid"])
@pytest.mark.fault("N01")
def test_what_never_connected_was_surely_not_done(origin: str):
    with (
        HttpDoor(allowed_origin=origin, redactor=Redactor(), deadline_seconds=5) as door,
        pytest.raises(errors.NotReached),
    ):
        door.send("POST", f"{origin}/x", headers={}, writes=True)


@pytest.mark.fault("N01")
def test_a_broken_tls_handshake_was_surely_not_done():
    with far_side(answer()) as far:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]

        def speak_no_tls() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak_no_tls)
        thread.start()
        with (
            HttpDoor(allowed_origin=f"https://127.0.0.1:{port}", redactor=Redactor()) as door,
            pytest.raises(errors.NotReached, match="No secure connection"),
        ):
            door.send("POST", f"https://127.0.0.1:{port}/", headers={}, writes=True)
        thread.join()
        listener.close()
        assert far.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x",
        "https://{host}/x",
        "http://user:pass@{host}/x",
        "ftp://{host}/",
        "http://{host}@evil.example/",
        "nonsense",
    ],
)
def test_no_other_origin_is_reached(visit, url: str):
    here = visit(answer())
    with pytest.raises(errors.Misconfigured):
        here.door.send("GET", url.format(host=here.far.origin.removeprefix("http://")), headers={})
    assert here.far.connections == 0
    assert here.calls == []


def test_proxies_of_the_environment_are_ignored(visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    assert visit(answer()).read().status == 200


def test_the_pace_is_kept_before_anything_is_sent(visit):
    asked = []

    def pace(name: str) -> None:
        asked.append(name)
        raise errors.NotReached("Not yet.", wait_seconds=2, throttled=True)

    here = visit(answer(), pace=pace)
    with pytest.raises(errors.NotReached):
        here.door.send("POST", here.far.origin, headers={}, writes=True, pace="create_order")
    assert asked == ["create_order"]
    assert here.far.requests == []


def test_the_record_shows_no_secret_and_no_personal_data(visit):
    echoed = f'{{"message":"bad token tok-12345678 or {SECRET}","email":"mei@harbour.example"}}'.encode()
    here = visit(answer("400 Bad Request", echoed, headers=f"Set-Cookie: {SECRET}\r\nX-Request-Id: r9\r\n"))

    headers = {"Authorization": "Bearer tok-12345678", "Accept-Version": "1"}
    body = b'{"contact":{"email":"mei@harbour.example"},"note":"keep"}'
    here.door.send("POST", f"{here.far.origin}/a?key=s3cret%2Fvalue%2Bof%20the%20channel", headers=headers, body=body)

    (call,) = here.calls
    everything = " ".join(
        map(str, (call, call.request_body, call.response_body, call.request_headers, call.response_headers, call.url))
    )
    for hidden in (SECRET, "s3cret", "tok-12345678", "mei@harbour.example"):
        assert hidden not in everything
    assert call.request_headers == {"accept-version": "1"}
    assert call.response_headers["x-request-id"] == "r9"
    assert call.request_body == '{"contact":{"email":"[personal]"},"note":"keep"}'
    assert call.duration_ms > 0


def test_many_threads_share_one_door(visit):
    here = visit(answer())
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                here.read()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(here.calls) == 160
    assert here.far.connections <= 8


def test_a_name_that_leads_to_a_private_address_is_refused(visit) -> None:
    private = visit(answer(), may_be_private=False)

    with pytest.raises(errors.Misconfigured, match="not a public address") as refused:
        private.read()

    assert refused.value.field == "api_url"
    assert private.far.requests == []
