"""Sockets that obey one deadline for the whole call, however slowly the far side drips."""

import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpcore2

_CONNECT_SECONDS = 10.0


class CertificateRefused(httpcore2.ConnectError):
    """Somebody answered, but could not prove to be who was asked for."""


class AddressRefused(httpcore2.ConnectError):
    """The name leads to a private address, which only the operator of this server may allow."""


class Deadline:
    """The time one call may take in all, on a clock that nobody can set, and whether it has begun to speak."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self.spoken = False

    def remaining(self) -> float:
        """Seconds left; zero or less when it has passed."""
        return self._ends - time.monotonic()


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens connections whose every wait is cut to what is left of the calling thread's deadline."""

    def __init__(self, *, may_be_private: bool = True) -> None:
        self._bound = threading.local()
        self._may_be_private = may_be_private

    @contextmanager
    def bound_to(self, deadline: Deadline) -> Iterator[None]:
        """Put everything this thread does inside the block under a deadline."""
        self._bound.deadline = deadline
        try:
            yield
        finally:
            del self._bound.deadline

    @property
    def deadline(self) -> Deadline:
        """The deadline of the calling thread."""
        deadline: Deadline = self._bound.deadline
        return deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        ends = Deadline(min(_CONNECT_SECONDS, self.deadline.remaining()))
        failure: OSError = TimeoutError("no address answered in time")
        for family, kind, protocol, _, address in _resolve(host, port, ends.remaining()):
            left = ends.remaining()
            if left <= 0:
                break
            # Asked of the very address that is called: a name may lead elsewhere the next time it is looked up.
            if not (self._may_be_private or ip_address(address[0].partition("%")[0]).is_global):
                raise AddressRefused(f"{host} leads to {address[0]}, which is not a public address")
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(left)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(sock, self)
            except OSError as error:
                failure = error
                sock.close()
        raise httpcore2.ConnectError(f"No connection to {host}:{port}: {failure}") from failure


class _Stream(httpcore2.NetworkStream):
    def __init__(self, sock: socket.socket, backend: DeadlineBackend) -> None:
        self._sock = sock
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._wait_at_most_what_is_left()
            return self._sock.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout("The answer did not arrive in time") from error
        except OSError as error:
            raise httpcore2.ReadError(f"The connection broke while the answer was read: {error}") from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        try:
            while view:
                self._wait_at_most_what_is_left()
                # Set before the send: a byte may be out even when the call that sent it fails.
                self._backend.deadline.spoken = True
                view = view[self._sock.send(view) :]
        except TimeoutError as error:
            raise httpcore2.WriteTimeout("The request could not be sent in time") from error
        except OSError as error:
            raise httpcore2.WriteError(f"The connection broke while the request was sent: {error}") from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            self._wait_at_most_what_is_left()
            return _Stream(ssl_context.wrap_socket(self._sock, server_hostname=server_hostname), self._backend)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise CertificateRefused(
                f"The certificate of {server_hostname} is not trusted: {error.verify_message}"
            ) from error
        except OSError as error:
            self.close()
            raise httpcore2.ConnectError(f"No secure connection to {server_hostname}: {error}") from error

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._is_readable()
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        return None

    def _wait_at_most_what_is_left(self) -> None:
        remaining = self._backend.deadline.remaining()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)

    def _is_readable(self) -> bool:
        # An idle connection with something to read has been closed by the far side.
        try:
            return self._sock.fileno() < 0 or _readable(self._sock.fileno())
        except (OSError, ValueError):
            return True


def _readable(descriptor: int) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _resolve(host: str, port: int, seconds: float) -> list[tuple[Any, Any, int, str, Any]]:
    try:
        # A literal address needs no resolver, and so no thread.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass

    # The resolver cannot be interrupted; a thread of its own is left behind when it takes too long.
    answers: queue.SimpleQueue[list[tuple[Any, Any, int, str, Any]] | OSError] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), daemon=True, name="resolver").start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise httpcore2.ConnectTimeout(f"The name {host} was not resolved in time") from None
    if isinstance(answer, OSError):
        raise httpcore2.ConnectError(f"The name {host} was not resolved: {answer.strerror}") from answer
    return answer


def _look_up(host: str, port: int, answers: "queue.SimpleQueue[Any]") -> None:
    try:
        answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError as error:
        answers.put(error)


@cache
def shared_tls() -> ssl.SSLContext:
    """The TLS settings of all doors: loading the trusted certificates once costs more than a call."""
    return httpcore2.default_ssl_context()
