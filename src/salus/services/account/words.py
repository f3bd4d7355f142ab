"""The words of an account in English and Chinese; what has none in a language shows its code or its English text."""

from collections.abc import Mapping
from typing import NamedTuple

from salus.core.glass import TEXTS as GLASS
from salus.core.glass import GlassReason
from salus.policy.reasons import Reason
from salus.policy.shipped import SHIPPED
from salus.policy.types import OrganisationRole

LANGUAGES = ("en", "zh")


class Text(NamedTuple):
    """One text in each language."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """Return the text in a language of LANGUAGES."""
        return self.zh if language == "zh" else self.en


PURPOSES: Mapping[str, Text] = {  # https://terminology.hl7.org/CodeSystem-v3-ActReason.html
    "TREAT": Text("treatment", "诊疗"),
    "ETREAT": Text("emergency treatment", "急诊诊疗"),
    "CAREMGT": Text("care management", "健康管理"),
    "HPAYMT": Text("payment", "医疗费用支付"),
    "HOPERAT": Text("healthcare operations", "医疗机构运营"),
    "PUBHLTH": Text("public health", "公共卫生"),
    "PATRQT": Text("the person's own request", "本人请求"),
    "FAMRQT": Text("a family's request", "家属请求"),
    "HRESCH": Text("research", "医学研究"),
    "CLINTRCH": Text("clinical trial", "临床试验"),
    "HMARKT": Text("marketing", "市场推广"),
    "BTG": Text("emergency access", "紧急访问"),
    "HCOMPL": Text("oversight and audit", "监管与审计"),
}
BASES: Mapping[str, Text] = {
    "self": Text("the person's own access", "本人访问"),
    "directive": Text("the person's decision", "本人的决定"),
    "policy": Text("a policy of the network", "网络政策"),
    "order": Text("an order by law", "法定命令"),
    "break-glass": Text("an emergency", "紧急情况"),
}
ROLES: Mapping[int, Text] = {
    OrganisationRole.HOSPITAL: Text("every hospital", "所有医院"),
    OrganisationRole.CLINIC: Text("every clinic", "所有诊所"),
    OrganisationRole.LABORATORY: Text("every laboratory", "所有检验机构"),
    OrganisationRole.PHARMACY: Text("every pharmacy", "所有药房"),
    OrganisationRole.PAYER: Text("every payer", "所有支付方"),
    OrganisationRole.RESEARCH: Text("every research institution", "所有研究机构"),
    OrganisationRole.REGULATOR: Text("every regulator", "所有监管机构"),
    OrganisationRole.MANUFACTURER: Text("every manufacturer", "所有生产企业"),
    OrganisationRole.LOCATOR: Text("every locator", "所有定位机构"),
}
PARTIES: Mapping[str, Text] = {
    "person": Text("the person", "本人"),
    "representative": Text("who acts for the person", "代理人"),
    "group": Text("a group of organisations", "一组机构"),
    "anyone": Text("everybody", "任何机构"),
}
WAITS: Mapping[str, Text] = {
    "acknowledgement": Text("The recipient has not confirmed receipt", "接收方尚未确认收到"),
    "custodian": Text("The custodian has not acknowledged this decision", "保管机构尚未确认此决定"),
    "desk": Text("The desk has not confirmed this claim", "窗口尚未确认此认领"),
    "answer": Text("Nobody has answered this request", "此请求尚无答复"),
    "deferred": Text("This was put off", "此事项已延期"),
    "recovery": Text("This takes effect unless a device stops it", "如无设备否决，将届时生效"),
    "review": Text("The review of this emergency access is open", "此次紧急访问的审查尚未结束"),
}
REASONS: Mapping[int, str] = {  # Chinese; the English texts stand in policy.reasons
    Reason.NOT_PERMITTED: "没有任何许可。",
    Reason.RECIPIENT_SUSPENDED: "接收方目前不得接收数据。",
    Reason.TOTALLY_DENIED: "本人的决定禁止向该接收方提供任何数据。",
    Reason.DENY_UNACKNOWLEDGED: "尚未确认的禁止决定按全部禁止处理。",
    Reason.SEALED_PART_MISSING: "缺少决定的密封部分。",
    Reason.NOT_A_PERMIT: "该决定不是同意。",
    Reason.PERMIT_REVOKED: "同意已撤销。",
    Reason.PERMIT_REPLACED: "同意已被新版本取代。",
    Reason.PERMIT_UNACKNOWLEDGED: "同意尚未得到确认。",
    Reason.PERMIT_NOT_STARTED: "同意尚未生效。",
    Reason.PERMIT_EXPIRED: "同意已到期。",
    Reason.OTHER_RECIPIENT: "同意的对象是其他接收方。",
    Reason.OTHER_PURPOSE: "同意的用途不同。",
    Reason.PERMIT_EXHAUSTED: "同意的使用次数已用完。",
    Reason.BREAK_GLASS_BY_PERMIT: "紧急访问不以同意为依据。",
    Reason.REQUEST_INVALID: "请求无效。",
    Reason.STAFF_NOT_ATTESTED: "工作人员未经所在机构证明。",
    Reason.STATE_STALE: "保管机构看到的账本状态过旧。",
    Reason.EVALUATION_FAILED: "无法作出判断，按拒绝处理。",
    Reason.OPTED_OUT: "本人已选择退出。",
    Reason.NOT_OPTED_IN: "政策要求本人选择加入，而本人没有。",
    Reason.ORDER_NOT_IN_FORCE: "命令未生效，或对象、用途不同。",
    Reason.BREAK_GLASS_NOT_ALLOWED: "适用的政策不允许紧急访问。",
    Reason.NOT_OF_THE_EMERGENCY_GROUP: "接收方不属于急救机构组。",
    Reason.RELATION_RESTRICTED: "数据仅予保存，不得使用。",
    Reason.SESSION_OVER: "查询会话已结束。",
    Reason.ATTESTED_NOT_HONOURED: "适用的政策不承认代为记录的同意用于此用途。",
    Reason.PERMIT_SUSPENDED: "该同意是在密钥可能被他人持有期间作出的，已暂停。",
    Reason.ACCOUNT_BARRED: "本人的账户已冻结或正在恢复。",
    Reason.AUTHORITY_ENDED: "代本人给出同意者的代理权已终止。",
    Reason.AUTHORITY_SUSPENDED: "代本人给出同意者的代理权目前无效。",
    Reason.PERSON_DECEASED: "本人已去世，生前的决定不再适用。",
    Reason.RELATION_CLOSED: "该档案关系已关闭。",
}
SAID: Mapping[str, str] = {  # Chinese of the other fixed texts of a line's reason, or of what stands before its colon
    GLASS[GlassReason.UNCONSCIOUS]: "患者失去意识。",
    GLASS[GlassReason.LIFE_IN_DANGER]: "患者有生命危险。",
    GLASS[GlassReason.CANNOT_CONSENT]: "患者目前无法理解或作出决定。",
    GLASS[GlassReason.NOBODY_TO_ASK]: "无法及时联系到可代患者作决定的人。",
    GLASS[GlassReason.POISONING]: "中毒或用药过量，须立即查明原因。",
    "justified": "正当",
    "not justified": "不正当",
    "justified, which closed the review": "正当，审查结束",
    "not justified, which closed the review": "不正当，审查结束",
    "Attested, not signed by the person": "由他方证明，非本人签署",
    "Recorded by": "登记机构",
    "The other account": "另一账户",
    "amend": "更正",
    "erase": "删除",
    "restrict": "限制使用",
    "unrestrict": "恢复使用",
    "legal hold": "法律保全",
    "retention": "保存期限",
    "accurate": "记录准确完整",
    "not ours": "记录由他方制作",
    "no such record": "无此记录",
    "law": "法律要求",
    "unreadable": "无法读取",
    "By": "设立方",
    "Witness": "见证方",
    "the person": "本人",
    "by vote": "经成员表决",
    "a locator was asked": "经定位机构查得",
}


def purposes_in(codes: tuple[str, ...], language: str) -> str:
    """Return the words of purposes, each with its code."""
    shown = [f"{PURPOSES[c].in_language(language)} ({c})" if c in PURPOSES else c for c in codes]
    return ("、" if language == "zh" else ", ").join(shown)


def law_in(name: str, rule: int | None, language: str) -> str:
    """Return a rule by its set, number and places in the law."""
    shipped = next((each for each in SHIPPED if each.name == name), None)
    if shipped is None:
        return name
    sources = shipped.rules[rule - 1].sources if rule else shipped.emergency
    shown = ("、" if language == "zh" else ", ").join(source.place.in_language(language) for source in sources)
    number = "" if not rule else f"第 {rule} 条规则" if language == "zh" else f", rule {rule}"
    title = shipped.title.in_language(language)
    return ("：" if language == "zh" else ": ").join(part for part in (f"{title}{number}", shown) if part)


def reason_in(number: int | None, english: str, language: str) -> str:
    """Return the reason of a line: why a request was refused, why the glass was broken, what a reviewer said."""
    if language != "zh":
        return english
    if number is not None and number in REASONS:
        return REASONS[number]
    head, colon, rest = english.partition(": ")
    return f"{SAID[head]}：{SAID.get(rest, rest)}" if colon and head in SAID else SAID.get(english, english)


_UNITS = (
    (86_400_000, Text("day", "天")),
    (3_600_000, Text("hour", "小时")),
    (60_000, Text("minute", "分钟")),
    (1_000, Text("second", "秒")),
)


def span_in(ms: int, language: str) -> str:
    """Return a length of time in its largest whole unit."""
    size, unit = next((each for each in _UNITS if ms >= each[0]), _UNITS[-1])
    count = max(ms, 0) // size
    if language == "zh":
        return f"{count} {unit.zh}"
    return f"{count} {unit.en}{'' if count == 1 else 's'}"


def ago_in(ms: int, language: str) -> str:
    """Return how long ago something was, or how long it is still to come where `ms` is negative."""
    span = span_in(abs(ms), language)
    if language == "zh":
        return f"{span}前" if ms >= 0 else f"{span}后"
    return f"{span} ago" if ms >= 0 else f"in {span}"
