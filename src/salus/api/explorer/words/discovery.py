"""Words of the discovery contract: look-ups and locators."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.discovery import events as e
from salus.contracts.discovery import messages as m
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.RecordLocate: said(
        "Answer to a look-up",
        "答复查找",
        "{answerer} answered a look-up for {purpose}.",
        "{answerer}答复了一次查找，用途：{purpose}。",
    ),
    m.AnnounceLocatorKey: said(
        "Locator key",
        "定位密钥",
        "{member} began epoch {epoch} of a group's locator tokens.",
        "{member}开启了机构组定位令牌的第{epoch}期。",
    ),
}
EVENTS: dict[type[Message], Text] = {
    e.RelationLocated: Text("A look-up found an account", "查找已命中"),
    e.NothingLocated: Text("A look-up found nothing", "查找未命中"),
    e.LocatorKeyAnnounced: Text("Locator tokens have a new key", "定位令牌已更换密钥"),
}
