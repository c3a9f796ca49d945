"""The truth planted in incoming inspection can be read off the lots."""

from workbench.demo import factory


def test_two_of_five_lots_fail_and_then_all_pass_a_tighter_plan():
    lots = factory.table("demo.incoming_lots")
    found = lots.frame.set_index("lot")["nonconforming"]
    failed = found[found > 3].index.tolist()

    assert failed == lots.truth["not_accepted"]
    assert (found[lots.truth["tightened_from_lot"] :] <= 2).all()


def test_ten_lots_passed_between_normal_and_reduced_inspection():
    lots = factory.table("demo.incoming_lots")
    names = lots.frame["lot"].tolist()

    between = names.index(lots.truth["reduced_from_lot"]) - names.index(lots.truth["normal_from_lot"])
    assert between == 10
    assert lots.frame.set_index("lot")["sample_size"][lots.truth["reduced_from_lot"]] == 50
