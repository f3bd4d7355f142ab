"""The verifier as a browser runs it: a page with nothing but the built module, under the strictest policy, offline."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route

from salus.evidence.case import Memory
from salus.evidence.report import Outcome, Report, Verdict
from salus.evidence.verify import verify
from salus.merkle.checkpoint import NoteKey, verifier_key

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "portal/src/verify"
MODULE = ROOT / "portal/build/verify.js"
ORIGIN = "https://portal.invalid"
POLICY = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
WITH_WORKERS = "default-src 'none'; script-src 'self'"
PAGE = '<!doctype html><title>Verifier</title><script type="module" src="/start.js"></script>'
START = 'import * as verifier from "/verify.js"; globalThis.verifier = verifier; document.title = "ready";'
WITHOUT_WEBCRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });"
CHUNK = 100  # questions in one call

# Asks each question and returns what a reader would see, in the order of Python's report.
ASK = """
async (questions) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hex = (raw) => raw && Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const each = (kept, make) =>
    kept && Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, make(value)]));
  const field = (value) => typeof value === "string" ? bytes(value) : value;
  const memory = (kept) => each(kept, (part) => each(part, field));
  const answers = [];
  for (const { raw, genesis, witnesses, remembered, language } of questions) {
    const report = await verifier.verifyEvidence(bytes(raw), genesis === null ? null : bytes(genesis), {
      witnesses: witnesses.map(verifier.parseNoteKey), language, ...(remembered && { remembered: memory(remembered) }),
    });
    answers.push({
      verdict: report.verdict,
      steps: report.steps.map((step) => [step.number, step.name, step.state, step.text]),
      proved: report.proved, notProved: report.notProved, height: report.height, time: report.time,
      release: hex(report.findings.release),
    });
  }
  return answers;
}
"""


class Question(NamedTuple):
    """What `verify` is asked."""

    raw: bytes
    genesis: bytes | None
    witnesses: tuple[NoteKey, ...] = ()
    remembered: Memory | None = None


class Browser:
    """A page that holds the verifier; `requests` are those beyond its own files, and must stay empty."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []

    def ask(self, questions: Sequence[Question], language: str = "en") -> list[dict[str, Any]]:
        """Return what the browser's verifier answers to each."""
        given = [_json(question) | {"language": language} for question in questions]
        return [
            answer for at in range(0, len(given), CHUNK) for answer in self.page.evaluate(ASK, given[at : at + CHUNK])
        ]


@contextmanager
def opened(chromium: Chromium, *, webcrypto: bool = True, policy: str = POLICY) -> Iterator[Browser]:
    """Open a page with the verifier in it; skips, saying so, where it is not built."""
    if not MODULE.exists():
        pytest.skip("the portal is not built: make portal")
    if any(source.stat().st_mtime > MODULE.stat().st_mtime for source in SOURCES.iterdir()):
        pytest.fail("the verifier was changed since it was built: make portal")
    context = chromium.new_context()
    try:
        context.set_default_timeout(60_000)
        if not webcrypto:
            context.add_init_script(WITHOUT_WEBCRYPTO)
        found = Browser(context.new_page())
        _serve(found, policy)
        yield found
    finally:
        context.close()


def _serve(found: Browser, policy: str) -> None:
    files = {"/": ("text/html", PAGE), "/start.js": ("text/javascript", START)}
    for built in MODULE.parent.rglob("*.js"):
        files[f"/{built.relative_to(MODULE.parent)}"] = ("text/javascript", built.read_text())

    def answer(route: Route) -> None:
        kind, body = files.get(route.request.url.removeprefix(ORIGIN), ("", ""))
        if not kind:
            found.requests.append(route.request.url)
            route.abort()
            return
        route.fulfill(body=body, headers={"Content-Type": kind, "Content-Security-Policy": policy})

    found.page.route("**/*", answer)
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("console", lambda line: found.errors.append(line.text))
    found.page.goto(f"{ORIGIN}/")
    found.page.wait_for_function("document.title === 'ready'")


def python_says(question: Question) -> dict[str, Any]:
    """Return Python's answer in the form of the browser's."""
    report = verify(question.raw, question.genesis, witnesses=question.witnesses, remembered=question.remembered)
    return in_browser_form(report)


def in_browser_form(report: Report) -> dict[str, Any]:
    """Return the report with the browser's words for verdict and outcome."""
    states = {Outcome.OK: "ok", Outcome.FAILED: "failed", Outcome.NOT_CHECKED: "skipped"}
    verdicts = {Verdict.NO_GENESIS: "no-genesis"}
    return {
        "verdict": verdicts.get(report.verdict, report.verdict.name.lower()),
        "steps": [[step.number, step.name, states[step.outcome], step.words] for step in report.steps],
        "proved": list(report.proved),
        "notProved": list(report.not_proved),
        "height": report.height,
        "time": report.time,
        "release": report.release.hex() if report.release else None,
    }


def _json(question: Question) -> dict[str, Any]:
    memory = question.remembered
    return {
        "raw": question.raw.hex(),
        "genesis": None if question.genesis is None else question.genesis.hex(),
        "witnesses": [verifier_key(witness) for witness in question.witnesses],
        "remembered": memory and {"ledger": _fields(memory.ledger), "relation": _fields(memory.relation)},
    }


def _fields(kept: Any) -> dict[str, Any] | None:
    if kept is None:
        return None
    names = {"log_size": "logSize", "log_root": "logRoot"}
    values = {names.get(name, name): getattr(kept, name) for name in kept.__struct_fields__}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
