"""The colour that a run ends in, and the sentence that it ends with."""

from prefect.states import Completed, Failed

from tasks.reports import the_end


def test_a_run_without_trouble_is_green():
    assert the_end([Completed()]) is None


def test_a_red_run_says_the_errors_own_sentence_and_not_prefects():
    failed = Failed(
        message="Task run encountered an exception Refused: shops.tienda refuses us with 401\nand more"
    )
    end = the_end([Completed(), failed], ["2 orders set aside: tienda:1, tienda:2"])
    assert end.is_failed()
    assert end.message == "shops.tienda refuses us with 401; 2 orders set aside: tienda:1, tienda:2"


def test_a_task_that_failed_without_a_word_is_still_told():
    assert the_end([Failed(message="")]).message == "a task failed"


def test_a_run_with_much_trouble_names_some_and_counts_the_rest():
    end = the_end(trouble=[f"order {number} is parked" for number in range(8)])
    assert end.message.endswith("order 4 is parked; and 3 more")


def test_a_run_that_left_its_turn_to_another_is_green_and_says_so():
    end = the_end(skipped="another run asks dhl")
    assert end.is_completed()
    assert (end.name, end.message) == ("Skipped", "Skipped: another run asks dhl.")
