"""The gate of a competition: a team joins, or says with its token who it is; so does the organiser."""

from urllib.parse import quote

import param
from panel.custom import JSComponent

from workbench.ui.render import ASSETS
from workbench.ui.view import View

TEAM_COOKIE, ORGANISER_COOKIE = "workbench_team_", "workbench_organiser"
API = "/api/v1"


class Gate(JSComponent):
    """A small form that speaks with the REST interface, so that the cookie is the server's to set."""

    join = param.String(doc="Where a team joins; empty: only a token is taken.")
    session = param.String()
    hint = param.String()
    team_label = param.String()
    token_label = param.String()
    join_label = param.String()
    use_label = param.String()
    have_label = param.String()
    once_label = param.String()
    noted_label = param.String()
    refusal = param.String("{reason}")

    _esm = ASSETS / "gate.js"


def team_gate(view: View, competition: str) -> Gate:
    """Return the form with which a team joins."""
    address = f"{API}/competitions/{quote(competition)}"
    return _gate(view, join=f"{address}/teams", session=f"{address}/session")


def organiser_gate(view: View) -> Gate:
    """Return the form that takes the organiser's token."""
    return _gate(view, join="", session=f"{API}/organiser/session", hint=view.say("organiser_token_hint"))


def _gate(view: View, *, join: str, session: str, hint: str = "") -> Gate:
    return Gate(
        join=join,
        session=session,
        hint=hint,
        team_label=view.say("team_name"),
        token_label=view.say("token"),
        join_label=view.say("join"),
        use_label=view.say("use_token"),
        have_label=view.say("have_token"),
        once_label=view.say("token_once"),
        noted_label=view.say("token_noted"),
        sizing_mode="stretch_width",
        margin=(8, 0, 8, 0),
    )
