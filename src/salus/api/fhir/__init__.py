"""The FHIR face of a custodian, https://hl7.org/fhir/R4/http.html: a module per interaction, named by FHIR's word.

Nothing here decides who may see what: a call becomes a `Viewer` (`viewer.py`), and services make the `Scope`.
"""
