"""The part `schema` over corvus-json-schema-rs: each record's bytes accepted or refused."""

import sys

import corvus_json_schema_rs

from turns import take_turns

COUNT = 200_000

folder = sys.argv[1]
with open(f"{folder}/record.schema.json", encoding="utf-8") as file:
    accepts = corvus_json_schema_rs.compile(file.read()).is_valid_json
with open(f"{folder}/records.jsonl", "rb") as file:
    records = [line.rstrip(b"\n") for _, line in zip(range(COUNT), file)]


def work():
    accepted = 0
    for record in records:
        accepted += accepts(record)
    return [accepted]


take_turns(work)
