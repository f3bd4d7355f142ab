"""Words of the representation contract: who acts for a person."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.representation import events as e
from salus.contracts.representation import messages as m
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.AttestRepresentation: said(
        "Representation by law",
        "法定代理",
        "{attester} attested that somebody acts for a person.",
        "{attester}证明某人可代另一人行事。",
    ),
    m.NameProxy: said("Proxy", "委托代理", "A person named a proxy.", "一位个人指定了代理人。"),
    m.RenewRepresentation: said(
        "Representation renewed", "代理续期", "A representation has a new end: {end}.", "代理的新期限：{end}。"
    ),
    m.NarrowRepresentation: said(
        "Representation narrowed",
        "代理收窄",
        "A representative may do nothing more but protect.",
        "代理人此后只能采取保护性行为。",
    ),
    m.EndRepresentation: said("End of a representation", "代理终止", "A representation ended.", "一项代理终止。"),
    m.DisputeRepresentation: said("Dispute", "代理争议", "A representation is disputed.", "一项代理存在争议。"),
    m.SettleDispute: said(
        "Dispute settled", "争议解决", "A dispute was settled: {standing}.", "争议已解决：{standing}。"
    ),
    m.DeclareIncapacity: said(
        "Incapacity",
        "无决定能力",
        "{custodian} said, with a witness, that a person cannot decide.",
        "{custodian}经见证声明一位个人无法作决定。",
    ),
    m.EndIncapacity: said(
        "Capacity regained",
        "恢复决定能力",
        "{custodian} said that a person can decide again.",
        "{custodian}声明一位个人已能再作决定。",
    ),
    m.NameDelegate: said("Delegate", "协助人", "A person named a helper.", "一位个人指定了协助人。"),
    m.EndDelegate: said("End of a delegation", "协助终止", "A delegation ended.", "一项协助终止。"),
}
EVENTS: dict[type[Message], Text] = {
    e.RepresentationMade: Text("Somebody may act for a person", "代理成立"),
    e.RepresentationRenewed: Text("A representation has another end", "代理期限变更"),
    e.RepresentationNarrowed: Text("A representation was narrowed", "代理已收窄"),
    e.RepresentationEnded: Text("A representation ended", "代理已终止"),
    e.RepresentationDisputed: Text("A representation is disputed", "代理存在争议"),
    e.DisputeSettled: Text("A dispute was settled", "争议已解决"),
    e.IncapacityDeclared: Text("A person cannot decide", "本人无法作决定"),
    e.IncapacityEnded: Text("A person can decide again", "本人已能作决定"),
    e.DelegateNamed: Text("A helper was named", "协助人已指定"),
    e.DelegateEnded: Text("A delegation ended", "协助已终止"),
}
