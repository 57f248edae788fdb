"""Generated cases that one Spark job proves together: what a job costs, it costs for one row and for thousands.

Each case has keys of its own, so that no two of them meet in a table; a wrong one is told from the others by them.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings


def generated(strategy, count):
    """So many examples of a strategy, as hypothesis makes them for a test: the simplest, and whatever it finds worth a try."""
    found = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def keep(example):
        found.append(example)

    keep()
    return found


def by_case(rows, case_of):
    """Rows of all cases, by the number of their case."""
    found = {}
    for row in rows:
        found.setdefault(case_of(row), []).append(row)
    return found


def assert_each_equal(cases, found, expected):
    """That each case has the rows that it should; says of the smallest that has not, which rows it has."""
    wrong = [i for i in range(len(cases)) if found.get(i) != expected.get(i)]
    if wrong:
        worst = min(wrong, key=lambda i: len(repr(cases[i])))
        raise AssertionError(f"{len(wrong)} of {len(cases)} cases are wrong; the smallest is {cases[worst]!r}:\n{found.get(worst)}\nnot\n{expected.get(worst)}")
    assert len(expected) > len(cases) / 2, "most cases have no rows"
