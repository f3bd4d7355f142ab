"""Byte layout of the governance namespace 0x01.

What belongs to the network as a whole stands under an id of 32 zero bytes (0*), so that one scan
of the first 34 bytes lists it.

| key                                     | bytes | value                             |
|-----------------------------------------|-------|-----------------------------------|
| 01 01 0* member[32]                     | 66    | Member                            |
| 01 02 proposal[32]                      | 34    | Proposal                          |
| 01 03 proposal[32] member[32]           | 66    | Ballot                            |
| 01 04 0* effective[8, BE] proposal[32]  | 74    | f5 (CBOR true): the vote ends there |
| 01 05 0* parameter[2, BE]               | 36    | Value                             |
| 01 06 0* key id[32]                     | 66    | Validator                         |
| 01 07 0* purpose[2, BE]                 | 36    | core.genesis.Purpose              |
| 01 08 group[32]                         | 34    | Group                             |
| 01 09 0*                                | 34    | Value: how many members are active |
| 01 0A 0* set[32]                        | 66    | Policies                          |
| 01 0B 0* height[8, BE]                  | 42    | Upgrade: the rules from that height on |
| 01 10 0* member[32]                     | 66    | Emergency                         |
| 01 11 0* member[32]                     | 66    | Succession                        |
| 01 12 organisation[32]                  | 34    | Escrow                            |
"""

NETWORK = bytes(32)

MEMBERS = b"\x01\x01" + NETWORK
DUE = b"\x01\x04" + NETWORK
PARAMETERS = b"\x01\x05" + NETWORK
VALIDATORS = b"\x01\x06" + NETWORK
PURPOSES = b"\x01\x07" + NETWORK
ACTIVE_COUNT = b"\x01\x09" + NETWORK
POLICIES = b"\x01\x0a" + NETWORK
UPGRADES = b"\x01\x0b" + NETWORK
EMERGENCIES = b"\x01\x10" + NETWORK
SUCCESSIONS = b"\x01\x11" + NETWORK


def member_key(member: bytes) -> bytes:
    return MEMBERS + member


def proposal_key(proposal: bytes) -> bytes:
    return b"\x01\x02" + proposal


def ballots_prefix(proposal: bytes) -> bytes:
    return b"\x01\x03" + proposal


def ballot_key(proposal: bytes, member: bytes) -> bytes:
    return b"\x01\x03" + proposal + member


def due_key(effective: int, proposal: bytes) -> bytes:
    return DUE + effective.to_bytes(8, "big") + proposal


def parameter_key(parameter: int) -> bytes:
    return PARAMETERS + parameter.to_bytes(2, "big")


def validator_key(key: bytes) -> bytes:
    return VALIDATORS + key


def purpose_key(purpose: int) -> bytes:
    return PURPOSES + purpose.to_bytes(2, "big")


def group_key(group: bytes) -> bytes:
    return b"\x01\x08" + group


def policies_key(policy_set: bytes) -> bytes:
    return POLICIES + policy_set


def upgrade_key(height: int) -> bytes:
    return UPGRADES + height.to_bytes(8, "big")


def emergency_key(member: bytes) -> bytes:
    return EMERGENCIES + member


def succession_key(member: bytes) -> bytes:
    return SUCCESSIONS + member


def escrow_key(organisation: bytes) -> bytes:
    return b"\x01\x12" + organisation
