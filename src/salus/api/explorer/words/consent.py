"""Words of the consent contract: directives, preferences, orders."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.consent import events as e
from salus.contracts.consent import messages as m
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.GrantConsent: said(
        "Consent",
        "同意决定",
        "A person's decision: {effect} for {grantee}, for {purposes}.",
        "一位个人的决定：{effect}，对象：{grantee}，用途：{purposes}。",
    ),
    m.DenyTotally: said(
        "Total denial", "全部禁止", "A person denied everything to {grantee}.", "一位个人禁止向{grantee}提供任何数据。"
    ),
    m.RevokeConsent: said("Revocation", "撤销同意", "A person ended a decision.", "一位个人撤销了决定。"),
    m.ConfirmGrant: said(
        "Decision confirmed",
        "确认决定",
        "A person made a representative's decision her own.",
        "一位个人将代理人的决定确认为本人的决定。",
    ),
    m.AckDirective: said(
        "Decision acknowledged",
        "确认收到决定",
        "{custodian} holds a person's decision and enforces it.",
        "{custodian}已收到一位个人的决定并将执行。",
    ),
    m.SetPreference: said(
        "Preference", "偏好", "A person said what she prefers where policies ask.", "一位个人就政策询问事项表明了偏好。"
    ),
    m.NamePolicySet: said(
        "Policy of an account",
        "账户适用政策",
        "{custodian} put an account under a policy set.",
        "{custodian}指定了账户适用的政策。",
    ),
    m.AttestConsent: said(
        "Consent on paper",
        "书面同意",
        "{attester} attested a decision taken by {method}: {effect} for {grantee}.",
        "{attester}证明了以{method}作出的决定：{effect}，对象：{grantee}。",
    ),
    m.RecordOrder: said(
        "Legal order",
        "法定命令",
        "{issuer} recorded an order: data for {recipient}, for {purpose}.",
        "{issuer}登记了命令：向{recipient}提供数据，用途：{purpose}。",
    ),
    m.WithdrawOrder: said("Order withdrawn", "撤回命令", "{issuer} withdrew an order.", "{issuer}撤回了命令。"),
    m.ReaffirmConsent: said(
        "Consent reaffirmed",
        "重申同意",
        "A person brought a suspended consent back into force.",
        "一位个人使暂停的同意恢复生效。",
    ),
}
EVENTS: dict[type[Message], Text] = {
    e.ConsentGranted: Text("A decision stands", "决定已记载"),
    e.TotallyDenied: Text("Everything is denied", "已全部禁止"),
    e.ConsentRevoked: Text("A decision ended", "决定已撤销"),
    e.DirectiveAcknowledged: Text("The custodian enforces a decision", "保管机构执行决定"),
    e.CustodialPermitLapsed: Text("A permit of the custodian ended with the claim", "保管机构所设许可随认领终止"),
    e.PolicySetNamed: Text("An account is under a policy set", "账户适用政策已指定"),
    e.ConsentAttested: Text("A decision on paper stands", "书面决定已记载"),
    e.OrderRecorded: Text("A legal order stands", "法定命令已登记"),
    e.OrderEnded: Text("A legal order ended", "法定命令已终止"),
    e.PreferenceSet: Text("A preference was set", "偏好已设定"),
    e.CustodialPreferenceLapsed: Text("A preference of the custodian ended", "保管机构所设偏好终止"),
    e.GrantConfirmed: Text("A decision is the person's own", "决定已由本人确认"),
    e.ConsentSuspended: Text("A consent is suspended after a recovery", "同意因账户恢复而暂停"),
    e.PreferenceLapsed: Text("A preference ended after a recovery", "偏好因账户恢复而终止"),
    e.ConsentReaffirmed: Text("A consent is in force again", "同意恢复生效"),
}
