"""What a server says of a resource in its meta, with all else as it was written."""

import json

import pytest

from salus.fhir.meta import instant, named, with_meta


@pytest.mark.parametrize(
    ("octets", "sent"),
    [
        (
            b'{"resourceType":"Observation","id":"1","valueQuantity":{"value": 1.10}}',
            b'{"resourceType":"Observation","id":"1","meta":{"versionId":"2"},"valueQuantity":{"value": 1.10}}',
        ),
        (
            b'{ "id": "1", "meta": { "versionId" : "9", "tag": [ { "code": "x" } ] }, "resourceType": "Patient" }',
            b'{"resourceType":"Patient","id":"1","meta":{"tag":[ { "code": "x" } ],"versionId":"2"}}',
        ),
        (
            b'{"resourceType":"Patient","id":"1","text":"\\u00e9 \\"meta\\": {}","multipleBirthInteger":1E0}',
            b'{"resourceType":"Patient","id":"1","meta":{"versionId":"2"},'
            b'"text":"\\u00e9 \\"meta\\": {}","multipleBirthInteger":1E0}',
        ),
    ],
)
def test_version_and_time_are_added_and_nothing_else_changes(octets: bytes, sent: bytes) -> None:
    assert with_meta(octets, 2, None) == sent
    assert json.loads(with_meta(octets, 2, 1_790_000_000_123))["meta"]["lastUpdated"] == "2026-09-21T14:13:20.123Z"


def test_an_instant_is_in_utc_to_the_millisecond() -> None:
    assert instant(0) == "1970-01-01T00:00:00.000Z"
    assert instant(1) == "1970-01-01T00:00:00.001Z"


def test_type_and_id_are_read_without_the_rest() -> None:
    assert named(b'{"id":"a","x":[1],"resourceType":"Patient"}') == named(b'{"resourceType":"Patient","id":"a"}')
