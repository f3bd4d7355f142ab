"""Why founders cannot found a network together; of two that apply, the one defined first is raised."""

from salus.core.errors import Kind, Refusal


class _Naming(Refusal):
    """Names what it is about: a file, a member."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.text}: {self.what} (0x{self.code:04x})"


class AlreadyFounded(Refusal):
    code, kind, text = 0x6320, Kind.CONFLICT, "This home has its network already; it is not touched."


class NoCard(Refusal):
    code, kind, text = 0x6321, Kind.NOT_FOUND, "No founder's card is in this home: `salus network card` makes both."


class BadCard(_Naming):
    code, kind, text = 0x6322, Kind.INVALID, "This is no founder's card, or not of its form (`salus network card`)"


class CardAltered(_Naming):
    code, kind = 0x6323, Kind.UNAUTHENTICATED
    text = "Not every key that this card names has signed it as it stands: it was altered, or names another's key"


class SameName(_Naming):
    code, kind, text = 0x6324, Kind.CONFLICT, "Two members have the same short name, or the same name"


class SameAddress(_Naming):
    code, kind, text = 0x6325, Kind.CONFLICT, "One address is given twice"


class UnusableAddress(_Naming):
    code, kind = 0x6326, Kind.INVALID
    text = (
        "Others cannot reach this member by its addresses: each needs a host or an IP address of its own (127.0.0.1 "
        "only where all members are on one machine) and a port from 1 to 65535"
    )


class SameKey(_Naming):
    code, kind, text = 0x6327, Kind.CONFLICT, "Two cards list the same key: each founder makes its own"


class BadFounding(Refusal):
    code, kind = 0x6328, Kind.INVALID
    text = (
        "This is no founding, or its genesis is not what its cards say: all founders need the same version of Salus, "
        "and the file as `salus network found` wrote it."
    )


class OtherFounding(Refusal):
    code, kind = 0x6329, Kind.CONFLICT
    text = "The founding has another hash than you were told: do not go on, and ask the other founders what they have."


class OwnCardMissing(Refusal):
    code, kind = 0x632A, Kind.CONFLICT
    text = "The founding does not hold the card of this home as it was made here: do not go on, and send yours again."


class NotAgreed(Refusal):
    code, kind, text = 0x632B, Kind.CONFLICT, "This home has agreed to no founding yet: `salus network agree` first."


class BadAgreement(_Naming):
    code, kind = 0x632C, Kind.INVALID
    text = "This is no agreement, or not every key of its founder has signed the genesis (`salus network agree`)"


class OtherAgreement(_Naming):
    code, kind, text = 0x632D, Kind.CONFLICT, "This agreement is to another founding than this home's, or of no founder"


class AgreementsMissing(_Naming):
    code, kind, text = 0x632E, Kind.CONFLICT, "Every founder's agreement is needed; missing are those of"


class NotBegun(Refusal):
    code, kind = 0x632F, Kind.CONFLICT
    text = "This home has no genesis yet: `salus network begin` gives it one, once all founders have agreed."
