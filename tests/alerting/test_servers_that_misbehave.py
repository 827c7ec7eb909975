"""Mail servers and webhooks as they are met: certificates that nobody vouches for, refusals, odd goodbyes."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from alerting.channel import NotSent
from alerting.channels import channel_at
from alerting.time_limit import TimeLimit
from alerting.webhook import receipt_in
from alerting.wording import Notice
from tests.alerting.mail_servers import certificate, mail_server

NOTICE = Notice(
    7,
    1,
    UUID("6c7a1f0e-6b0a-5d0c-9a54-1d9d0d6c8f11"),
    datetime(2026, 5, 4, 10, 0, tzinfo=UTC),
    "http://ward.example/cases/7",
)
TO = "?from=a@ward.example&to=b@ward.example"


def send(address: str, limit: TimeLimit | None = None) -> str | None:
    limit = limit or TimeLimit()
    try:
        return channel_at(address, None).send(NOTICE, limit)
    finally:
        limit.done()


@pytest.fixture(scope="module")
def nobody_vouches(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@contextmanager
def web_server(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.wfile.write(answer)
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_mail_server_that_nobody_vouches_for_gets_neither_password_nor_mail(nobody_vouches, scheme):
    _, context = nobody_vouches
    with mail_server(context=context, at_once=scheme == "smtps") as server:
        with pytest.raises(NotSent, match=r"SSLCertVerificationError$"):
            send(f"{scheme}://u:secret@127.0.0.1:{server.port}/{TO}")
        assert server.mails == []
        assert not any(line.startswith("AUTH") for line in server.heard)


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_mail_server_that_somebody_vouches_for_gets_both(nobody_vouches, scheme, monkeypatch):
    made, context = nobody_vouches
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    with mail_server(context=context, at_once=scheme == "smtps") as server:
        assert send(f"{scheme}://u:secret@127.0.0.1:{server.port}/{TO}") == "2.0.0 Ok: queued as 4XyZ"
        assert len(server.mails) == 1
        assert any(line.startswith("AUTH") for line in server.heard)


def test_a_password_is_never_sent_without_encryption_but_to_this_machine(monkeypatch):
    monkeypatch.setattr(
        "alerting.mail.socket.create_connection",
        lambda to, timeout, real=__import__("socket").create_connection: real(("127.0.0.1", to[1]), timeout),
    )
    with mail_server() as server:
        with pytest.raises(NotSent, match="offers no TLS, so the password was not sent"):
            send(f"smtp://u:secret@mail.ward.example:{server.port}/{TO}")
        assert server.mails == []
        assert not any(line.startswith("AUTH") for line in server.heard)


def test_a_webhook_that_nobody_vouches_for_gets_nothing(nobody_vouches):
    _, context = nobody_vouches
    with web_server(b"HTTP/1.1 204 No Content\r\n\r\n", context) as (port, asked):
        with pytest.raises(NotSent, match=r"^the webhook did not answer: URLError$"):
            send(f"https://127.0.0.1:{port}/secret")
        assert asked == []


@pytest.mark.parametrize(
    "says, mail",
    [
        pytest.param({"": b"421 come back\r\n"}, b"", id="does not greet"),
        pytest.param({"MAIL": b"451 greylisted\r\n"}, b"", id="refuses for now"),
        pytest.param({"RCPT": b"550 no such user\r\n"}, b"", id="refuses the recipient"),
        pytest.param({}, b"554 spam\r\n", id="refuses the mail"),
        pytest.param({}, b"", id="hangs up in place of an answer"),
    ],
)
def test_a_mail_that_a_server_has_not_taken_is_not_sent_and_no_address_is_told(says, mail):
    with mail_server(says, mail) as server, pytest.raises(NotSent) as refused:
        send(f"smtp://127.0.0.1:{server.port}/{TO}")
    assert "ward.example" not in str(refused.value)


@pytest.mark.parametrize("bye", [b"421 too many\r\n", b"nonsense\r\n", b""])
def test_a_mail_that_was_taken_is_sent_however_the_server_says_goodbye(bye):
    with mail_server({"QUIT": bye}) as server:
        if not bye:
            server.says["QUIT"] = b"\r\n"
        assert send(f"smtp://127.0.0.1:{server.port}/{TO}") == "2.0.0 Ok: queued as 4XyZ"


def test_a_mail_that_was_taken_for_some_says_for_how_many_not():
    with mail_server() as server:
        taken = iter([b"250 ok\r\n", b"550 no such user\r\n"])
        server.says = type("Says", (dict,), {
            "get": lambda self, word, usual=None: next(taken) if word == "RCPT" else usual
        })()  # fmt: skip
        said = send(f"smtp://127.0.0.1:{server.port}/{TO}&to=c@ward.example")
    assert said == "refused for 1 of 2 recipients; 2.0.0 Ok: queued as 4XyZ"


def test_a_mail_server_that_says_a_byte_now_and_then_is_left_when_time_is_up():
    limit = TimeLimit()
    with mail_server({"EHLO": b"trickle"}) as server:
        threading.Timer(0.3, limit.over).start()
        began = time.monotonic()
        with pytest.raises(NotSent):
            send(f"smtp://127.0.0.1:{server.port}/{TO}", limit)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\nshort", id="less than it said"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n", id="broken pieces"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 4096, id="a depth without end"),
    ],
)
def test_what_follows_after_a_webhook_has_taken_it_does_not_send_it_again(answer):
    with web_server(answer) as (port, asked):
        assert send(f"http://127.0.0.1:{port}/") is None
        assert len(asked) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 429, 503])
def test_a_webhook_has_taken_it_only_with_2xx_and_redirects_are_not_followed(status):
    with web_server(f"HTTP/1.1 {status} Other\r\nLocation: /there\r\n\r\n".encode()) as (port, asked):
        with pytest.raises(NotSent, match=f"^the webhook answered {status}$"):
            send(f"http://127.0.0.1:{port}/secret")
        assert len(asked) == 1


@pytest.mark.parametrize(
    "answer, receipt",
    [
        (b'{"receipt": "R-1", "id": 4}', "R-1"),
        (b'{"id": 4}', "4"),
        (b'{"id": true}', None),
        (b'{"id": "a\\u0000b"}', None),
        (b'["id"]', None),
        (b"taken", None),
    ],
)
def test_the_receipt_of_a_webhook_is_a_text_or_a_number_of_its_answer(answer, receipt):
    assert receipt_in(answer) == receipt
