"""Two sets to try: no law's, so their rules name no source."""

from salus.policy.policies import NORMAL, RESTRICTED, VERY_RESTRICTED, Mode
from salus.policy.sets.clauses import ANY, HOUR_MS, ShippedRule, ShippedSet, Words
from salus.policy.types import OrganisationRole

OPT_OUT = ShippedSet(
    "opt-out", 1,
    Words("Opt-out, to try", "选择退出（试用）"),
    Words(
        "Treatment is shared among those who treat unless the person opted out; all else waits for her word.",
        "除非本人选择退出，诊疗机构之间共享诊疗数据；其他用途须有本人同意。",
    ),
    (
        ShippedRule(
            "TREAT", OrganisationRole.HOSPITAL, Mode.OPT_OUT, NORMAL,
            Words("Hospitals get what is not sensitive, to treat, unless she opted out.",
                  "医院为诊疗获得不敏感的数据，除非本人选择退出。"),
        ),
        ShippedRule(
            "TREAT", OrganisationRole.CLINIC, Mode.OPT_OUT, NORMAL,
            Words("So do clinics.", "诊所亦同。"),
        ),
        ShippedRule(
            "ETREAT", OrganisationRole.HOSPITAL, Mode.OPT_OUT, RESTRICTED,
            Words("In an emergency hospitals get what is sensitive too, unless she opted out.",
                  "紧急情况下医院还可获得敏感数据，除非本人选择退出。"),
        ),
        ShippedRule(
            "HPAYMT", OrganisationRole.PAYER, Mode.PERMITTED, NORMAL,
            Words("Payers get what a claim needs; she may object.", "支付方获得理赔所需数据；本人可以反对。"),
            objection=True, notice=True,
        ),
        ShippedRule(
            "HRESCH", ANY, Mode.OPT_IN, NORMAL,
            Words("Research gets nothing until she opted in.", "未经本人选择加入，研究机构不得获得任何数据。"),
        ),
    ),
    VERY_RESTRICTED, 4 * HOUR_MS, (), RESTRICTED, ("TREAT",),
)  # fmt: skip

MANDATED = ShippedSet(
    "mandated", 1,
    Words("Mandated reports, to try", "法定报告（试用）"),
    Words(
        "Reports to the authority are mandated, claims are permitted, all else waits for the person's word.",
        "向主管部门的报告为法定义务，理赔获得许可；其他用途须有本人同意。",
    ),
    (
        ShippedRule(
            "PUBHLTH", OrganisationRole.REGULATOR, Mode.MANDATED, RESTRICTED,
            Words("The authority gets what the law has it told, whatever was denied.",
                  "主管部门获得法律要求报告的数据，不论本人是否禁止。"),
            notice=True,
        ),
        ShippedRule(
            "HPAYMT", OrganisationRole.PAYER, Mode.PERMITTED, NORMAL,
            Words("Payers get what a claim needs, without asking.", "支付方获得理赔所需数据，无须询问。"),
        ),
        ShippedRule(
            "TREAT", ANY, Mode.OPT_IN, NORMAL,
            Words("Whoever treats her gets what is not sensitive once she opted in.",
                  "本人选择加入后，诊疗机构获得不敏感的数据。"),
        ),
    ),
    RESTRICTED, 2 * HOUR_MS, (), NORMAL, (),
)  # fmt: skip
