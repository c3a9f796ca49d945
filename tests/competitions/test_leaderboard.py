"""Who is ahead: directions, ties, which entry counts, rounding, what is kept back."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from tests.competitions.places import contract
from workbench.competitions import leaderboard, turns
from workbench.competitions.contract import Contract
from workbench.competitions.entry import Entry, granted

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
TEAMS = [SimpleNamespace(id=name, name=name.upper(), disqualified=None) for name in "abcd"]


def scored(
    number: int, team: str, rmse: float, *, mae: float = 1.0, private: float = 9.0, **more: object
) -> Entry:
    given = {
        "number": number,
        "entry": f"e{number}",
        "competition": "small",
        "version": "1.0.0",
        "phase": "open",
        "team": team,
        "name": "x.ipynb",
        "status": "scored",
        "submitted": BEGIN + timedelta(hours=number),
        "public": {"rmse": rmse, "mae": mae},
        "private": {"rmse": private, "mae": mae},
    }
    return Entry.model_validate(given | more)


def board(*entries: Entry, private: bool = False, named: bool = True, **changes: object) -> leaderboard.Board:
    read = Contract.model_validate(contract(**changes))
    return leaderboard.board(read, read.phases[0], entries, teams=TEAMS, private=private, named=named)


def places(shown: leaderboard.Board) -> list[tuple[int, str, float]]:
    return [(row.rank, row.team, row.score) for row in shown.rows]


def test_the_best_entry_of_each_team_counts_and_smaller_errors_lead():
    shown = board(scored(1, "a", 3.0), scored(2, "a", 2.0), scored(3, "b", 1.0))

    assert places(shown) == [(1, "B", 1.0), (2, "A", 2.0)]
    assert [row.medal for row in shown.rows] == ["gold", "silver"]
    assert [row.entries for row in shown.rows] == [1, 2]


def test_the_last_or_the_chosen_entry_counts_where_the_rules_say_so():
    entries = [scored(1, "a", 1.0), scored(2, "a", 3.0, chosen=True), scored(3, "a", 2.0)]

    assert places(board(*entries, entry="last")) == [(1, "A", 2.0)]
    assert places(board(*entries, entry="chosen")) == [(1, "A", 3.0)]


def test_scores_that_are_equal_as_shown_share_a_rank_or_go_by_the_tie_break():
    entries = [scored(1, "a", 1.0, mae=3.0), scored(2, "b", 1.0004, mae=2.0), scored(3, "c", 2.0)]

    assert [row[:2] for row in places(board(*entries))] == [(1, "A"), (1, "B"), (3, "C")]
    assert [row[1] for row in places(board(*entries, tie_break=["mae"]))] == ["B", "A", "C"]


def test_the_final_board_shows_other_rows_of_the_entry_that_was_best_on_the_public_ones():
    entries = [scored(1, "a", 1.0, private=5.0), scored(2, "a", 2.0, private=1.0)]

    assert places(board(*entries, private=True)) == [(1, "A", 5.0)]


def test_a_weighted_total_counts_the_other_direction_negative():
    metrics = [{"name": "rmse", "weight": 1.0, "decimals": 2}, {"name": "spearman", "weight": 3.0}]
    shown = board(scored(1, "a", 2.0, public={"rmse": 2.0, "spearman": 0.8}), metrics=metrics)

    assert places(shown) == [(1, "A", round((2.0 - 3 * 0.8) / 4, 3))]


def test_disqualified_entries_and_what_has_no_score_are_not_ranked():
    out = [scored(1, "a", 1.0, disqualified="copied"), scored(2, "b", 2.0, status="failed")]

    assert places(board(*out, scored(3, "c", 3.0))) == [(1, "C", 3.0)]


def test_an_anonymous_board_tells_no_names():
    shown = board(scored(1, "b", 1.0), named=False)

    assert [row.team for row in shown.rows] == ["#2"]
    assert [step.team for step in shown.history] == ["#2"]


def test_the_history_holds_the_moments_at_which_the_best_became_better():
    shown = board(scored(1, "a", 3.0), scored(2, "b", 4.0), scored(3, "b", 2.0))

    assert [(step.team, step.score) for step in shown.history] == [("A", 3.0), ("B", 2.0)]


def test_a_spreadsheet_does_not_run_a_teams_name():
    TEAMS.append(SimpleNamespace(id="e", name="=cmd|' /C calc'!A0", disqualified=None))
    try:
        line = leaderboard.as_csv(board(scored(1, "e", 1.0))).splitlines()[1]
    finally:
        TEAMS.pop()

    assert line.startswith("1,'=cmd")


def test_teams_take_turns_in_the_queue():
    waiting = [scored(number, team, 1.0, status="queued") for number, team in enumerate("aaabb")]
    going = scored(9, "b", 1.0, status="running")

    assert [entry.number for entry in turns.in_turn([*waiting, going])] == [0, 1, 3, 2, 4]
    assert turns.position([*waiting, going], "e3") == 2


def test_a_score_tells_six_digits_at_most_wherever_its_point_stands():
    """Predictions of 10, 10 000, 10 000 000 … would spell the labels out in one long score."""
    labels = [3.0, 1.0, 4.0, 1.0, 5.0]
    guesses = [10.0**place for place in (1, 3, 5, 7, 9)]
    spelled = sum((guess - label) ** 2 for guess, label in zip(guesses, labels, strict=True))

    assert len(f"{granted(spelled, 2):.2f}".rstrip("0.")) <= 6
    assert [granted(value, 2) for value in (12.3456, -0.001, 0.0, 1234567.8, 99999.97)] == [
        12.35, 0.0, 0.0, 1234570.0, 100000.0]  # fmt: skip
