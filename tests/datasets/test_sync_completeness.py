"""What nights have found, by day: each difference once, as it was left, and how late it was."""

from datetime import date


def test_a_night_counts_what_it_found_and_how_late_it_was(rows):
    of = {(row["shop"], row["day"]): row for row in rows("sync_completeness")}
    assert len(of) == 60
    third = of["islas", date(2026, 10, 3)]
    assert {name: third[name] for name in ("missed", "repaired", "not_repairable", "late_max_seconds")} == {
        "missed": 2,
        "repaired": 2,
        "not_repairable": 0,
        "late_max_seconds": 1200,
    }
    assert (third["late_p50_seconds"], third["late_p95_seconds"]) == (600, 1200)
    assert (third["orders_in_shop"], third["orders_in_ours"]) == (42, 40)
    assert (third["poll_news"], third["poll_lag_max_seconds"]) == (3, 302)
    assert (third["parcels_asked"], third["parcels_fresh"]) == (10, 4)
    assert (third["parcels_left"], third["parcels_without_carrier"]) == (3, 2)
    quiet = of["tienda", date(2026, 10, 1)]
    assert (quiet["missed"], quiet["late_max_seconds"]) == (0, None)


def test_a_day_that_was_compared_twice_shows_the_last_state_and_every_difference_once(rows):
    (day,) = [row for row in rows("sync_completeness") if (row["shop"], row["day"].day) == ("tienda", 10)]
    assert (day["orders_in_shop"], day["orders_in_ours"]) == (51, 51)
    assert (day["number_gaps"], day["parcels_stale"], day["repaired"]) == (1, 2, 2)
    assert day["parcels_left"] is None, "nobody counted them then"
    assert (day["parcels_late_max_seconds"], day["late_max_seconds"]) == (4000, None)


def test_a_day_that_was_not_compared_has_no_row(rows):
    assert date(2026, 10, 21) not in {row["day"] for row in rows("sync_completeness")}
