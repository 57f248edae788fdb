"""Arguments of a job, and what follows from them."""

from __future__ import annotations

import pytest

from medallion.arguments import parse_arguments, trigger_of
from medallion.layers.periodic import seconds_between

ARGUMENTS = [
    "--JOB_NAME",
    "j",
    "--JOB_RUN_ID",
    "r",
    "--lake",
    "s3a://l/",
    "--checkpoints",
    "s3a://c",
    "--contracts",
    "c.json",
    "--bootstrap-servers",
    "b:1",
    "--state-table",
    "t",
]


def test_arguments_are_typed_and_glues_own_are_ignored():
    arguments = parse_arguments([*ARGUMENTS, "--enable-metrics", "true", "--trigger-seconds", "2.5"], ("silver",))
    assert (arguments.lake, arguments.layers, arguments.trigger_seconds, arguments.kafka_auth) == ("s3a://l", ("silver",), 2.5, "iam")


@pytest.mark.parametrize(
    ("layer", "given", "seconds"), [("bronze", ("2", "4"), 4.0), ("silver", ("2", "4"), 2.0), ("bronze", ("2", None), 2.0), ("gold", (None, "4"), 10.0)]
)
def test_a_query_is_triggered_as_the_job_says_else_as_its_contract_does(contracts, layer, given, seconds):
    flags = [text for flag, value in zip(("--trigger-seconds", "--bronze-trigger-seconds"), given, strict=True) if value for text in (flag, value)]
    dataset = contracts.dataset("harmful_domains")
    assert trigger_of(parse_arguments([*ARGUMENTS, *flags], ("bronze",)), layer, dataset) == seconds


def test_what_runs_in_the_background_keeps_to_its_contract(contracts):
    arguments = parse_arguments([*ARGUMENTS, "--trigger-seconds", "2", "--bronze-trigger-seconds", "4"], ("bronze",))
    assert {trigger_of(arguments, layer, contracts.dataset("operations")) for layer in ("bronze", "silver", "gold")} == {10.0}


def test_the_background_has_a_trigger_of_its_own(contracts):
    arguments = parse_arguments([*ARGUMENTS, "--trigger-seconds", "20", "--background-trigger-seconds", "900"], ("silver",))
    assert trigger_of(arguments, "silver", contracts.dataset("operations")) == 900.0
    assert trigger_of(arguments, "silver", contracts.dataset("harmful_domains")) == 20.0


def test_a_periodic_table_of_the_background_is_brought_up_to_date_no_oftener_than_its_dataset_is_looked_at(contracts):
    arguments = parse_arguments([*ARGUMENTS, "--periodic-seconds", "300", "--background-trigger-seconds", "900"], ("gold",))
    dataset, other = contracts.dataset("vulnerabilities"), contracts.dataset("harmful_domains")
    periodic = next(table for table in dataset.gold_tables() if table.kind == "periodic")
    assert seconds_between(arguments, dataset, periodic) == 900.0
    assert seconds_between(arguments, other, next(table for table in other.gold_tables() if table.kind == "periodic")) == 300.0


def test_a_layer_that_is_none_and_a_missing_argument_are_named(capsys):
    with pytest.raises(SystemExit):
        parse_arguments([*ARGUMENTS, "--layers", "bronze,copper"], ("silver",))
    assert "unknown layer ['copper']" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse_arguments(ARGUMENTS[2:], ("silver",))
    assert "--JOB_NAME" in capsys.readouterr().err
