"""The guard on a real server: it sees every HTTP request and every websocket, pages of Panel included."""

import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import panel as pn
import pytest
import uvicorn
from fastapi import FastAPI
from panel.io.fastapi import add_applications
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from workbench.api.guard import Guard, check_address, is_loopback, refusal
from workbench.commands.listen import address, listen
from workbench.errors import Invalid

PAGES = ["/page", "/static/extensions/panel/panel.min.js", "/static/js/bokeh.min.js", "/api/echo"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    app = FastAPI()
    add_applications({"/page": lambda: pn.Column("a page")}, app=app, websocket_origins=["*"])

    @app.api_route("/api/echo", methods=["GET", "POST", "DELETE"])
    def echo() -> dict[str, bool]:
        return {"reached": True}

    listener = listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(Guard(app), log_level="error", proxy_headers=False))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield address(listener)
    running.should_exit = True
    thread.join(timeout=10)
    listener.close()


def ask(url: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def token_of(server: str) -> str:
    """Return the session token that a page of Panel hands to its browser."""
    _, _, page = ask(f"{server}/page")
    found = re.search(r'"token":\s*"([^"]+)"', page.decode())
    assert found
    return found.group(1)


def socket_url(server: str) -> str:
    return server.replace("http://", "ws://") + "/page/ws"


@pytest.mark.parametrize("path", PAGES)
def test_what_this_machine_asks_for_is_served_with_security_headers(server: str, path: str):
    status, headers, _ = ask(server + path)

    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_the_policy_names_no_other_host(server: str):
    _, headers, _ = ask(f"{server}/page")

    hosts = re.findall(r"(?:https?|wss?)://([^\s;]+)", headers["content-security-policy"])

    assert set(hosts) == {server.removeprefix("http://")}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("host", ["plant.example", "127.0.0.1.evil.example:80", "localhost.evil.example", ""])
def test_a_foreign_host_name_reaches_nothing(server: str, path: str, host: str):
    status, _, body = ask(server + path, Host=host)

    assert status in {400, 403}
    if status == 403:
        assert json.loads(body)["error"]["code"] == "refused"


@pytest.mark.parametrize("path", PAGES)
def test_a_proxy_for_another_machine_reaches_nothing(server: str, path: str):
    status, _, _ = ask(server + path, X_Forwarded_For="203.0.113.7")

    assert status == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_site_changes_nothing(server: str, method: str, origin: str):
    status, _, _ = ask(f"{server}/api/echo", method=method, Origin=origin)

    assert status == 403


def test_a_browser_that_sends_no_origin_across_sites_changes_nothing(server: str):
    status, _, _ = ask(f"{server}/api/echo", method="POST", Sec_Fetch_Site="cross-site")

    assert status == 403


def test_our_own_page_and_a_program_may_change_things(server: str):
    assert ask(f"{server}/api/echo", method="POST", Origin=server)[0] == 200
    assert ask(f"{server}/api/echo", method="POST")[0] == 200


def test_our_own_page_gets_its_websocket(server: str):
    with connect(socket_url(server), origin=server, subprotocols=["bokeh", token_of(server)]) as page:
        first = json.loads(page.recv(timeout=10))

    assert first["msgtype"] == "ACK"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_websocket_from_elsewhere_is_refused_even_with_a_good_token(server: str, origin: str | None):
    token = token_of(server)

    with pytest.raises(InvalidStatus) as refused:
        connect(socket_url(server), origin=origin, subprotocols=["bokeh", token])

    assert refused.value.response.status_code == 403


def test_a_websocket_under_a_foreign_host_name_is_refused(server: str):
    host = server.removeprefix("http://127.0.0.1")

    with pytest.raises(InvalidStatus):
        connect(f"ws://plant.example{host}/page/ws", sock=_dial(server), origin=f"http://plant.example{host}")


def _dial(server: str) -> socket.socket:
    name, port = server.removeprefix("http://").split(":")
    return socket.create_connection((name, int(port)))


def scope(**changed: object) -> dict[str, object]:
    plain = {"type": "http", "method": "GET", "client": ("127.0.0.1", 1), "scheme": "http"}
    return {**plain, "headers": [(b"host", b"localhost:5006")], **changed}


def test_another_machine_is_refused_whatever_it_says_it_is():
    assert refusal(scope(client=("192.0.2.4", 1234))) is not None
    assert refusal(scope(client=None)) is not None
    assert refusal(scope()) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "::ffff:127.0.0.1"])
def test_loopback_addresses_may_be_bound(host: str):
    assert is_loopback(host)
    check_address(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.10", "plant.example", "", "localhost.evil.example"]
)
def test_other_addresses_are_refused_with_what_to_set(host: str):
    with pytest.raises(Invalid, match=r"WORKBENCH_HOST=127\.0\.0\.1"):
        check_address(host)
