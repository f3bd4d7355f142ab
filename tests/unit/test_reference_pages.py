"""The pages of labels, policy sets and of the Consent speak of all that the code and FHIR have."""

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from salus.fhir import rule_sets
from salus.fhir.consent import stated
from salus.fhir.definitions import shape
from salus.fhir.rule_sets import NEWEST, load, read

DOCS = Path(__file__).parents[2] / "docs/reference"


def test_the_page_of_labels_tells_the_kinds_and_tables_of_the_newest_set() -> None:
    page = (DOCS / "labels.md").read_text()
    file = read(NEWEST, rule_sets.files("salus.fhir.rule_sets").joinpath(f"{NEWEST}.json").read_bytes())
    assert f"rule set {NEWEST}" in page and f"`src/salus/fhir/rule_sets/{NEWEST}.json`" in page
    rows = {kind: set(labels.split()) for kind, labels in re.findall(r"^\| ([^|]+) \| `([^`]+)` \|", page, re.M)}
    rules = load(NEWEST)
    for group in file.groups:
        assert rows[group.about] == {label for one in group.labels for label in rules.implied[one]}
    for table in ("systems", "hierarchies", "implied", "coarse", "types", "principal", "words", "parts", "groups"):
        assert f"`{table}`" in page


def test_the_page_of_the_consent_has_a_row_for_each_element() -> None:
    page = (DOCS / "consent.md").read_text()
    cells = " ".join(re.findall(r"^\| ([^|]+) \|", page, re.M))
    for kind in ("Consent", "Consent.provision"):
        for name, rule in shape(kind).properties.items():
            said = f"`{kind}.{name}`" in cells or f"`{name}`" in cells
            assert said or (kind == "Consent.provision" and name in ("id", "extension")), (kind, name, rule.element)
    for name, url in vars(stated).items():
        if name.isupper() and isinstance(url, str) and url.startswith(stated.OWN) and url != stated.OWN:
            assert f"`{url.removeprefix(stated.OWN)}`" in page, name


def test_sizing_reckons_with_what_was_measured_last() -> None:
    measured = json.loads((DOCS.parent / "benchmarks.json").read_text())
    sizes = [measured[f"ledger_million_keys_state_bytes_per_{one}"] for one in ("envelope", "relation")]
    resource = measured["import_intake_vault_bytes"] / measured["import_intake_resources"]
    page = (DOCS.parent / "operate/sizing.md").read_text()
    for row in (
        f"| {measured['ledger_block_bytes_per_envelope']:.0f} | measured,",
        f"| {sizes[0]:,.0f} · {sizes[1]:.0f} | measured,",
        f"| {resource:,.0f} | measured: {measured['import_intake_vault_bytes'] / 1e6:.0f} MB for",
        f"E × {sizes[0]:,.0f} at most + relations × {sizes[1]:.0f}",
    ):
        assert row in page, row


def test_the_page_of_the_policy_sets_is_current() -> None:
    spec = spec_from_file_location("policy_reference", DOCS.parents[1] / "scripts/policy_reference.py")
    assert spec and spec.loader
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text() == script.page(), "run python scripts/policy_reference.py"


def test_the_page_of_the_services_names_verbs_where_they_are() -> None:
    services = DOCS.parents[1] / "src/salus/services"
    found = 0
    for verbs, places in re.findall(r"^\| (.+?) \| (.+?) \| ", (services / "README.md").read_text(), re.M):
        files = re.findall(r"`([\w/]+\.py)`", places)
        code = "".join((services / file).read_text() for file in files)
        for verb in re.findall(r"`(\w+)\(", verbs) if files else ():
            assert re.search(rf"\bdef {verb}\b", code), (verb, files)
            found += 1
    assert found > 100
