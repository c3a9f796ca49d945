"""What a visitor sees when a page cannot be shown: a sentence and a way back, never a white page."""

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, page
from workbench.ui.view import visit


def broken_page(bench: Workbench, error: Exception, *, answer: str = "") -> Frame:
    """Build the page that says what went wrong."""
    view = visit(bench)
    known = isinstance(error, WorkbenchError)
    body = fragment(
        "broken",
        view=view,
        answer=answer or (str(error) if known else view.say("page_broken")),
        next_step="" if known else view.say("page_broken_next"),
        detail="" if known else f"{type(error).__name__}: {error}",
    )
    return page(view, view.say("page_broken"), body=body)
