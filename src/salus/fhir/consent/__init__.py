"""FHIR Consent in and out: https://hl7.org/fhir/R4/consent.html, as https://profiles.ihe.net/ITI/PCF/ uses it.

`read` gives what a Consent states in the terms of a directive, `write` the Consent of a directive. Nothing is dropped
in silence: what the model cannot hold is refused by an issue that names the element, what decides nothing and is not
kept (display texts, narrative, meta) is told as a warning. docs/reference/consent.md has the mapping by element.
"""
