"""The verifier in the browser answers as Python's does: verdict, steps, the state of each, every word."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Error

from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.signatures import valid_public_key, verify
from salus.merkle.log import Inclusion, verify_inclusion
from salus.vault import keystore
from unit import test_evidence_grounds, test_evidence_verify
from vectors.core_vectors import genesis_file
from vectors.world import NETWORK, WITNESS, World

from .committed_evidence import committed_files
from .evidence_files import changed, of_region, of_tests, of_vectors
from .forged_files import reshapings, signed_forgeries
from .verifier_page import WITH_WORKERS, Browser, Question, opened, python_says

SEED = 20260901
CHANGES = 20  # of each file
RESHAPINGS = 20  # of each file
FORGERIES = 200


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    with opened(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Question]:
    with pytest.MonkeyPatch.context() as patched:  # Argon2id at its least: nobody tries passphrases here
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        return of_region(tmp_path_factory.mktemp("region") / "home")


def agree(browser: Browser, questions: Sequence[Question]) -> list[str]:
    """Ask both; return the verdicts. Fails with the first file on which they differ."""
    answers = browser.ask(questions)
    for question, answer in zip(questions, answers, strict=True):
        assert answer == python_says(question), f"seed {SEED}: {question.raw.hex()}"
    assert browser.requests == [] and browser.errors == []
    return [answer["verdict"] for answer in answers]


def variants(question: Question) -> list[Question]:
    """The question as it is, without witnesses, without a genesis, with a genesis that is none, cut and extended."""
    genesis = question.genesis or b""
    raws = (question.raw[:-1], question.raw + b"\x00", b"", question.raw[: len(question.raw) // 2])
    others = (None, b"", genesis[:-1], genesis[:-1] + bytes((genesis[-1] ^ 1,)))
    return [
        question,
        question._replace(witnesses=()),
        *(question._replace(raw=raw) for raw in raws),
        *(question._replace(genesis=other) for other in others),
    ]


def test_every_vector(browser: Browser) -> None:
    verdicts = agree(browser, list(of_vectors().values()))
    assert {"proved", "unwitnessed", "refuted"} == set(verdicts)


def test_every_vector_with_other_genesis_and_witnesses_and_lengths(browser: Browser) -> None:
    verdicts = agree(browser, [other for question in of_vectors().values() for other in variants(question)])
    assert {"proved", "unwitnessed", "refuted", "no-genesis"} == set(verdicts)


def test_every_vector_with_single_bytes_changed(browser: Browser) -> None:
    for at, (name, question) in enumerate(of_vectors().items()):
        verdicts = agree(browser, changed(question, CHANGES, SEED + at))
        # what a page's entry says of itself is held by the session's log alone, once it is closed
        assert "proved" not in verdicts or name == "page of a session", name


def test_every_vector_with_its_parts_changed(browser: Browser) -> None:
    for at, question in enumerate(of_vectors().values()):
        agree(browser, reshapings(question, RESHAPINGS, SEED + 3000 + at))


def test_parts_changed_under_a_validators_own_signature(browser: Browser) -> None:
    questions = signed_forgeries(FORGERIES, SEED + 4000)
    agree(browser, questions)
    found = {step[1] for answer in browser.ask(questions) for step in answer["steps"] if step[2] == "failed"}
    assert {"log", "relation", "records", "request"} <= found


def test_an_event_proved_in_a_log_of_another_size(browser: Browser) -> None:
    """The way up is the same in a log of one entry more: the size itself must be what the state holds."""
    release = World().release()
    (fact,) = release.events
    assert verify_inclusion(World().log.root(), T("event", NETWORK, fact.body), Inclusion(5, 8, fact.path))
    changed_size = replace(release, events=(replace(fact, size=8),))
    assert agree(browser, [Question(encode(changed_size), genesis_file(), (WITNESS,))]) == ["refuted"]


def test_everything_that_pythons_tests_ask(browser: Browser) -> None:
    questions = [*of_tests(test_evidence_verify, SEED), *of_tests(test_evidence_grounds, SEED)]
    assert len(questions) > 200
    agree(browser, questions)


def test_every_kind_of_file_of_a_played_region(browser: Browser, region: dict[str, Question]) -> None:
    assert set(agree(browser, list(region.values()))) == {"unwitnessed"}
    agree(browser, [other for question in region.values() for other in variants(question)])


def test_a_played_regions_files_with_single_bytes_changed(browser: Browser, region: dict[str, Question]) -> None:
    for at, question in enumerate(region.values()):
        assert set(agree(browser, changed(question, CHANGES, SEED + 1000 + at))) <= {"refuted", "unwitnessed"}


def test_without_webcrypto_the_answers_are_the_same(chromium: Chromium) -> None:
    with opened(chromium, webcrypto=False) as browser:
        assert browser.page.evaluate("crypto.subtle === undefined")
        vectors = list(of_vectors().values())
        agree(browser, vectors)
        agree(browser, [other for at, one in enumerate(vectors) for other in changed(one, 5, SEED + 2000 + at)])


def test_chinese_says_each_step_and_changes_no_verdict(browser: Browser) -> None:
    questions = list(of_vectors().values())
    for english, chinese in zip(browser.ask(questions), browser.ask(questions, "zh"), strict=True):
        assert chinese["verdict"] == english["verdict"]
        assert [step[:3] for step in chinese["steps"]] == [step[:3] for step in english["steps"]]
        for said in [*(step[3] for step in chinese["steps"]), *chinese["proved"], *chinese["notProved"]]:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in said) and "{" not in said


def test_the_page_that_runs_it_lets_no_inline_script_run(chromium: Chromium) -> None:
    with opened(chromium) as browser:
        with pytest.raises(Error):
            browser.page.add_script_tag(content="globalThis.inline = true")
        assert browser.page.evaluate("globalThis.inline === undefined")


ASK_APART = """
async ([raw, genesis, abort]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const signal = abort ? AbortSignal.abort() : undefined;
  try {
    const report = await verifier.verifyApart(bytes(raw), bytes(genesis), { language: "zh" }, signal);
    return [report.verdict, verifier.inLanguage(report.findings, "en").steps.map((step) => step.text)];
  } catch (error) {
    return error.name;
  }
}
"""


def test_in_a_thread_of_its_own_it_says_the_same_and_can_be_stopped(chromium: Chromium) -> None:
    question = of_vectors()["release"]._replace(witnesses=())
    with opened(chromium, policy=WITH_WORKERS) as browser:
        asked = [question.raw.hex(), (question.genesis or b"").hex()]
        said = python_says(question)
        assert browser.page.evaluate(ASK_APART, [*asked, False]) == [
            said["verdict"],
            [step[3] for step in said["steps"]],
        ]
        assert browser.page.evaluate(ASK_APART, [*asked, True]) == "AbortError"
        assert browser.requests == [] and browser.errors == []


ASK_SIGNATURES = """
async (cases) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const answers = [];
  for (const parts of cases) {
    const [key, message, signature] = parts.map(bytes);
    answers.push([verifier.validPublicKey(key), await verifier.verifySignature(key, message, signature)]);
  }
  return answers;
}
"""


@pytest.mark.data
@pytest.mark.parametrize("webcrypto", [True, False])
def test_the_published_edges_of_ed25519(chromium: Chromium, sample_data: Path, webcrypto: bool) -> None:
    raw = json.loads((sample_data / "vectors/ed25519vectors.json").read_text())
    cases = [(bytes.fromhex(one["key"]), one["msg"].encode(), bytes.fromhex(one["sig"])) for one in raw]
    with opened(chromium, webcrypto=webcrypto) as browser:
        answers = browser.page.evaluate(ASK_SIGNATURES, [[part.hex() for part in case] for case in cases])
    assert answers == [[valid_public_key(case[0]), verify(*case)] for case in cases]


def test_evidence_under_committed_headers(browser: Browser) -> None:
    files = committed_files()
    verdicts = dict(zip(files, agree(browser, list(files.values())), strict=True))
    good = ("by the founder", "by the founder and two who joined", "over a bridge")
    assert {name for name, verdict in verdicts.items() if verdict == "proved"} == set(good)
    assert {name for name, verdict in verdicts.items() if verdict == "unwitnessed"} == {
        f"{n}, unwitnessed" for n in good
    }
    agree(browser, [other for question in files.values() for other in variants(question)])


def test_committed_headers_with_single_bytes_and_parts_changed(browser: Browser) -> None:
    for at, (name, question) in enumerate(committed_files().items()):
        assert "proved" not in agree(browser, changed(question, CHANGES, SEED + 5000 + at)), name
        agree(browser, reshapings(question, RESHAPINGS, SEED + 6000 + at))
        start = question.raw.index(b"\x83\x02")
        headers = [_turned_at(question, start + offset) for offset in range(0, 700, 7)]
        assert set(agree(browser, headers)) <= {"refuted", "unwitnessed"}, name


def _turned_at(question: Question, at: int) -> Question:
    raw = bytearray(question.raw)
    raw[at] ^= 2
    return question._replace(raw=bytes(raw), witnesses=())
