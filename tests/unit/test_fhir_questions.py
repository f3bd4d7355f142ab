"""The look at a bundle's octets that finds what reading it will ask."""

from fhir_samples import PATIENT, Index, bundle, numbered, observation, post

from salus.fhir.bundle import read_bundle
from salus.fhir.reader import GivenAnswers, read_given
from salus.fhir.references import likely_questions

QUESTION = ("Organization", "urn:org", "a b")
CONDITIONAL = "Organization?identifier=urn:org|a%20b"
PATIENT_URL = "urn:uuid:00000000-0000-4000-8000-000000000001"


def referring(reference: str) -> bytes:
    return bundle(post(PATIENT | {"managingOrganization": {"reference": reference}}, PATIENT_URL), post(observation()))


def test_conditional_references_are_found() -> None:
    assert likely_questions(referring(CONDITIONAL)) == {QUESTION}
    assert likely_questions(referring("Organization/7")) == set()


def test_what_looks_like_one_does_no_harm() -> None:
    for odd in (b"", b"?identifier=", b'"?identifier=a|b"', b'"X?identifier=a|b', b"?identifier=\xff|\xff", b"{" * 99):
        likely_questions(odd)
    assert likely_questions(b'"Organization?identifier=7"') == set()  # without a system nothing is asked


def test_an_answer_that_is_missing_is_told() -> None:
    without = read_given(referring(CONDITIONAL), GivenAnswers({}))
    assert not without.complete
    answers = GivenAnswers({QUESTION: "o1", ("Organization", "urn:org", "other"): "o2"})
    read = read_given(referring(CONDITIONAL), answers)
    assert read.complete and read.asked == [(QUESTION, "o1")] and read.transaction is not None
    assert read.transaction.entries[0].resource["managingOrganization"] == {"reference": "Organization/o1"}
    lost = read_given(referring(CONDITIONAL), GivenAnswers({QUESTION: None}))
    assert lost.complete and lost.transaction is None and [issue.code for issue in lost.issues] == ["not-found"]


def test_both_resolvers_give_the_same_entries() -> None:
    raw = referring(CONDITIONAL)
    direct = read_bundle(raw, Index({QUESTION: ["o1"]}), numbered())
    read = read_given(raw, GivenAnswers({QUESTION: "o1"})).transaction
    assert read is not None
    assert [e.description for e in read.entries] == [e.description for e in direct.entries]
    assert [e.identifiers for e in direct.entries] == [(("urn:mrn", "7"),), ()]
