"""Words of the access contract: releases, refusals, emergencies, sessions, sealed orders."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.access import events as e
from salus.contracts.access import messages as m
from salus.contracts.access import other_events as o
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.RecordRelease: said(
        "Release",
        "提供数据",
        "{custodian} bound itself to release data to {recipient} for {purpose}, by {basis}.",
        "{custodian}承诺向{recipient}提供数据，用途：{purpose}，依据：{basis}。",
    ),
    m.RecordRefusal: said(
        "Refusal",
        "拒绝请求",
        "{custodian} refused a request of {recipient}: {reason}",
        "{custodian}拒绝了{recipient}的请求：{reason}",
    ),
    m.AckRelease: said(
        "Receipt", "确认收到", "{recipient} verified what it received.", "{recipient}已核验所收到的数据。"
    ),
    m.BreakGlass: said(
        "Emergency access",
        "紧急访问",
        "{custodian} released data to {recipient} in an emergency: {reason}",
        "{custodian}在紧急情况下向{recipient}提供了数据：{reason}",
    ),
    m.ReviewBreakGlass: said(
        "Review of an emergency access",
        "紧急访问审查",
        "{reviewer} reviewed it: {verdict}.",
        "{reviewer}的审查意见：{verdict}。",
    ),
    m.OpenRelease: said(
        "Session opened",
        "开启查询会话",
        "{custodian} opened a session for {recipient}, for {purpose}, by {basis}.",
        "{custodian}为{recipient}开启了查询会话，用途：{purpose}，依据：{basis}。",
    ),
    m.CloseRelease: said(
        "Session closed", "关闭查询会话", "{custodian} closed a session.", "{custodian}关闭了查询会话。"
    ),
    m.PushRelease: said(
        "Release unasked",
        "主动提供",
        "{custodian} released data to {recipient} for {purpose}, by {basis}.",
        "{custodian}主动向{recipient}提供数据，用途：{purpose}，依据：{basis}。",
    ),
    m.DeferredRelease: said(
        "Emergency access told later",
        "事后登记的紧急访问",
        "{custodian} told of an emergency release to {recipient}, made while the ledger was away.",
        "{custodian}登记了账本不可用期间向{recipient}的紧急提供。",
    ),
    m.RecordSealedOrder: said(
        "Order that forbids notice",
        "禁止告知的命令",
        "{issuer} recorded that an order forbids notice.",
        "{issuer}登记了一项禁止告知的命令。",
    ),
    m.RecordSealedRelease: said(
        "Release under such an order",
        "依禁止告知命令提供",
        "{custodian} released data under an order that forbids notice.",
        "{custodian}依禁止告知的命令提供了数据。",
    ),
    m.OpenSealedRelease: said(
        "Sealed release opened",
        "公开密封的提供",
        "{custodian} showed what it had released under such an order.",
        "{custodian}公开了依该命令提供的内容。",
    ),
    m.RecordBulkRelease: said(
        "Bulk release",
        "批量提供",
        "{custodian} released data of {entries} accounts to {recipient} for {purpose}.",
        "{custodian}向{recipient}提供了{entries}个账户的数据，用途：{purpose}。",
    ),
}
EVENTS: dict[type[Message], Text] = {
    e.RecordsReleased: Text("Data was released", "数据已提供"),
    e.RequestRefused: Text("A request was refused", "请求被拒绝"),
    e.ReleaseAcknowledged: Text("The recipient confirmed receipt", "接收方已确认"),
    e.GlassBroken: Text("The glass was broken", "已启用紧急访问"),
    e.BreakGlassReviewed: Text("An emergency access was reviewed", "紧急访问已审查"),
    e.SessionOpened: Text("A session is open", "会话已开启"),
    e.SessionClosed: Text("A session was closed", "会话已关闭"),
    e.RecordsPushed: Text("Data was released unasked", "数据已主动提供"),
    o.DeferredReleased: Text("An emergency release was told later", "紧急提供已事后登记"),
    o.SealedOrderRecorded: Text("An order forbids notice", "命令禁止告知"),
    o.SealedReleaseRecorded: Text("Somebody's data was released without notice", "未告知即提供了数据"),
    o.SealedReleaseOpened: Text("A sealed release was opened", "密封的提供已公开"),
    o.BulkReleased: Text("A bulk release was recorded", "批量提供已登记"),
    o.ReleasedInBulk: Text("Data was released in bulk", "数据已批量提供"),
}
