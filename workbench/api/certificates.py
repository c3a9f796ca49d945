"""Certificates over REST: the organiser prints them; whoever holds one may check it by its code."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from workbench.api.access import Bench
from workbench.api.competitions import organising
from workbench.api.runs import download
from workbench.competitions import certificate_page
from workbench.competitions import certificates as issued
from workbench.competitions.certificates import Certificate, Checked

router = APIRouter(tags=["competitions"])
OF_ORGANISER = [Depends(organising)]
PhaseName = Annotated[str | None, Query(description="Default: the phase that goes, or went last")]
Language = Annotated[Literal["en", "zh"], Query(description="Language of the certificate")]


@router.get("/organiser/{competition}/certificates", summary="List certificates", dependencies=OF_ORGANISER)
def certificates(competition: str, bench: Bench, phase: PhaseName = None) -> list[Certificate]:
    """Return what the certificates of all teams on the leaderboard say, with their codes."""
    return issued.issue(bench.competitions, competition, phase=phase)


@router.get(
    "/organiser/{competition}/certificates.zip",
    summary="Download all certificates",
    dependencies=OF_ORGANISER,
    response_class=Response,
)
def all_certificates(
    competition: str, bench: Bench, phase: PhaseName = None, language: Language = "en"
) -> Response:
    """Return a PDF for every team on the leaderboard in one zip."""
    found = issued.issue(bench.competitions, competition, phase=phase)
    content = certificate_page.bundle(found, language)
    return download(content, f"{competition}-certificates.zip", "application/zip")


@router.get(
    "/organiser/{competition}/certificate",
    summary="Download the certificate of a team",
    dependencies=OF_ORGANISER,
    response_class=Response,
)
def certificate(
    competition: str,
    bench: Bench,
    team: Annotated[str, Query(description="Name of the team")],
    phase: PhaseName = None,
    language: Language = "en",
) -> Response:
    """Return the certificate of one team as PDF."""
    found = issued.issue(bench.competitions, competition, phase=phase, team=team)[0]
    return download(
        certificate_page.pdf(found, language), certificate_page.file_name(found), "application/pdf"
    )


@router.get("/certificates/{code}", summary="Check a certificate")
def check(code: str, bench: Bench) -> Checked:
    """Return what the certificate of a code says, and whether the leaderboard still says the same."""
    return issued.check(bench.competitions, code)
