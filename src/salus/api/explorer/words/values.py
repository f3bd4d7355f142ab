"""What the numbers in messages mean: enumerations in English and Chinese. A test demands a word for each member."""

from collections.abc import Mapping
from enum import IntEnum

from salus.contracts.accounts.types import RecoveryPolicy
from salus.contracts.consent.types import Method
from salus.contracts.governance.types import MemberState
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.contracts.representation.types import Rule, Springs, Standing
from salus.core.glass import TEXTS as GLASS_TEXTS
from salus.core.glass import GlassReason, Verdict
from salus.core.keys import Role
from salus.policy.policies import Choice, Mode
from salus.policy.reasons import TEXTS as REASON_TEXTS
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, Effect, OrganisationRole, Power, Redisclosure, Trigger
from salus.services.account.words import BASES, REASONS, SAID, Text

YES, NO = Text("yes", "是"), Text("no", "否")
A_PERSON, NO_END, EVERYBODY = Text("a person", "一位个人"), Text("no end", "无期限"), Text("everybody", "任何机构")
EVERYTHING, UNLIMITED, NOBODY = Text("every purpose", "所有用途"), Text("unlimited", "不限"), Text("nobody", "无")
LEVELS = (
    Text("unrestricted (U)", "不受限（U）"),
    Text("low (L)", "低（L）"),
    Text("moderate (M)", "中（M）"),
    Text("normal (N)", "普通（N）"),
    Text("restricted (R)", "受限（R）"),
    Text("very restricted (V)", "高度受限（V）"),
)
_BASIS_NAMES = {
    BasisKind.SELF: "self",
    BasisKind.DIRECTIVE: "directive",
    BasisKind.POLICY: "policy",
    BasisKind.ORDER: "order",
    BasisKind.BREAK_GLASS: "break-glass",
}
VALUES: Mapping[type[IntEnum], Mapping[int, Text]] = {
    Capacity: {
        Capacity.SELF: Text("the person", "本人"),
        Capacity.CUSTODIAN: Text("the custodian, for an unclaimed account", "保管机构（账户未认领）"),
        Capacity.ATTESTED: Text("attested by a desk", "由窗口证明"),
        Capacity.REPRESENTATIVE: Text("a representative", "代理人"),
        Capacity.DELEGATE: Text("a helper", "协助人"),
    },
    Effect: {Effect.PERMIT: Text("permit", "允许"), Effect.DENY: Text("deny", "禁止")},
    BasisKind: {kind: BASES[name] for kind, name in _BASIS_NAMES.items()},
    Trigger: {
        Trigger.REQUEST: Text("a request", "请求"),
        Trigger.PUSH: Text("the custodian", "保管机构"),
        Trigger.SUBSCRIPTION: Text("a subscription", "订阅"),
        Trigger.LAW: Text("the law", "法律"),
    },
    Verdict: {
        Verdict.JUSTIFIED: Text("justified", "正当"),
        Verdict.NOT_JUSTIFIED: Text("not justified", "不正当"),
    },
    PetitionKind: {
        PetitionKind.AMEND: Text("amend a record", "更正记录"),
        PetitionKind.ERASE: Text("erase a record", "删除记录"),
        PetitionKind.RESTRICT: Text("restrict the use", "限制使用"),
        PetitionKind.UNRESTRICT: Text("end the restriction", "恢复使用"),
    },
    Outcome: {
        Outcome.DONE: Text("done", "已办理"),
        Outcome.REFUSED: Text("refused", "已拒绝"),
        Outcome.DEFERRED: Text("deferred", "已延期"),
    },
    Ground: {
        Ground.NONE: Text("none needed", "无需理由"),
        Ground.LEGAL_HOLD: Text("a legal hold", "法律保全"),
        Ground.RETENTION: Text("the term of retention", "保存期限"),
        Ground.ACCURATE: Text("the record is accurate", "记录准确完整"),
        Ground.NOT_OURS: Text("another made the record", "记录由他方制作"),
        Ground.NO_SUCH_RECORD: Text("no such record", "无此记录"),
        Ground.LAW: Text("the law", "法律要求"),
        Ground.UNREADABLE: Text("unreadable", "无法读取"),
    },
    Method: {
        Method.ON_PAPER: Text("on paper", "书面"),
        Method.SPOKEN: Text("by word of mouth", "口头"),
        Method.ELSEWHERE: Text("in another system", "其他系统"),
    },
    Power: {
        Power.PROTECT: Text("protect", "保护"),
        Power.GRANT: Text("grant", "同意"),
        Power.PREFER: Text("set preferences", "设定偏好"),
        Power.PETITION: Text("petition", "提出申请"),
        Power.ACCESS: Text("receive data", "获得数据"),
    },
    Rule: {
        Rule.ANY: Text("each alone", "各自单独"),
        Rule.ALL: Text("all together", "共同"),
        Rule.ORDERED: Text("in order", "依次"),
    },
    Springs: {
        Springs.NOTHING: Text("nothing more", "无其他条件"),
        Springs.INCAPACITY: Text("incapacity", "无决定能力"),
        Springs.DEATH: Text("death", "死亡"),
        Springs.DATE: Text("its date", "约定日期"),
    },
    Standing: {
        Standing.ACTIVE: Text("active", "有效"),
        Standing.DISPUTED: Text("disputed", "有争议"),
        Standing.SUSPENDED: Text("suspended", "暂停"),
        Standing.ENDED: Text("ended", "终止"),
    },
    MemberState: {
        MemberState.APPLICANT: Text("applicant", "申请中"),
        MemberState.ACTIVE: Text("active", "正常"),
        MemberState.WINDING_DOWN: Text("winding down", "收尾中"),
        MemberState.LEFT: Text("left", "已退出"),
        MemberState.SUCCEEDED: Text("succeeded by another", "已被承继"),
    },
    RecoveryPolicy: {
        RecoveryPolicy.IN_PERSON: Text("in person", "到场办理"),
        RecoveryPolicy.TWO_OF_THREE: Text("two of three keyholders", "三位守护人中的两位"),
        RecoveryPolicy.THREE_OF_FIVE: Text("three of five keyholders", "五位守护人中的三位"),
    },
    Redisclosure: {Redisclosure.NO: NO, Redisclosure.SAME_PURPOSE: Text("for the same purpose", "限同一用途")},
    OrganisationRole: {
        OrganisationRole.HOSPITAL: Text("hospital", "医院"),
        OrganisationRole.CLINIC: Text("clinic", "诊所"),
        OrganisationRole.LABORATORY: Text("laboratory", "检验机构"),
        OrganisationRole.PHARMACY: Text("pharmacy", "药房"),
        OrganisationRole.PAYER: Text("payer", "支付方"),
        OrganisationRole.RESEARCH: Text("research", "研究机构"),
        OrganisationRole.REGULATOR: Text("regulator", "监管机构"),
        OrganisationRole.MANUFACTURER: Text("manufacturer", "生产企业"),
        OrganisationRole.LOCATOR: Text("locator", "定位机构"),
    },
    Role: {
        Role.ADMINISTRATION: Text("administration", "管理"),
        Role.GATEWAY: Text("gateway", "网关"),
        Role.DEVICE: Text("device", "设备"),
        Role.VALIDATOR: Text("validator", "验证节点"),
        Role.KEYHOLDER: Text("keyholder", "守护人"),
        Role.FREEZE: Text("freeze", "冻结"),
    },
    Mode: {
        Mode.MANDATED: Text("mandated", "法定"),
        Mode.PERMITTED: Text("permitted", "许可"),
        Mode.OPT_OUT: Text("opt-out", "可选择退出"),
        Mode.OPT_IN: Text("opt-in", "须选择加入"),
    },
    Choice: {Choice.OUT: Text("opts out", "退出"), Choice.IN: Text("opts in", "加入")},
    Reason: {number: Text(REASON_TEXTS[number], chinese) for number, chinese in REASONS.items()},  # the publishable
    GlassReason: {reason: Text(GLASS_TEXTS[reason], SAID[GLASS_TEXTS[reason]]) for reason in GlassReason},
}


def word(kind: type[IntEnum], number: int) -> Text:
    """Return the word of a number; the number itself where the enumeration does not know it."""
    return VALUES[kind].get(number, Text(str(number), str(number)))
