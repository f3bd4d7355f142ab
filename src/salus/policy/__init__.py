"""Directives, grounds and the decision: pure, shared by validators and gateways."""
