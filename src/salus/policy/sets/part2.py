"""42 CFR Part 2: records of treatment for substance use disorder. For a relation (a segment) of such records alone.

All of these records are labelled restricted, so that the ceilings are; counselling notes are very restricted.
"""

from salus.policy.policies import RESTRICTED, VERY_RESTRICTED, Mode
from salus.policy.sets.clauses import HOUR_MS, Gap, ShippedRule, ShippedSet, Words, cfr
from salus.policy.types import OrganisationRole

_CONSENT = (cfr(42, "2.31", "(a)"), cfr(42, "2.33", "(a)"))
_WITH = (
    ("TREAT", OrganisationRole.HOSPITAL, Words("Hospitals, to treat,", "医院为诊疗")),
    ("TREAT", OrganisationRole.CLINIC, Words("Clinics, to treat,", "诊所为诊疗")),
    ("TREAT", OrganisationRole.PHARMACY, Words("Pharmacies, to treat,", "药房为诊疗")),
    ("HPAYMT", OrganisationRole.PAYER, Words("Payers, for a claim,", "支付方为理赔")),
    ("HOPERAT", OrganisationRole.HOSPITAL, Words("Hospitals, for their operations,", "医院为运营")),
)

PART2 = ShippedSet(
    "part2", 2,
    Words("42 CFR Part 2 (substance use disorder)", "美国 42 CFR 第 2 部分（物质使用障碍）"),
    Words(
        "Nothing goes without her consent, for treatment either; audits may look; an emergency breaks the glass.",
        "未经本人同意不提供任何数据，诊疗亦然；审计可以查阅；医疗紧急情况可紧急访问。",
    ),
    (
        *(
            ShippedRule(
                code, role, Mode.OPT_IN, RESTRICTED,
                Words(f"{who.en} get her records once she opted in; not the counselling notes.",
                      f"{who.zh}，在本人选择加入后获得记录，但不包括咨询笔记。"),
                _CONSENT,
            )
            for code, role, who in _WITH
        ),
        ShippedRule(
            "HCOMPL", OrganisationRole.REGULATOR, Mode.PERMITTED, RESTRICTED,
            Words("An agency that audits or evaluates the programme may look.", "审计或评估该项目的机构可以查阅。"),
            (cfr(42, "2.53"),),
        ),
    ),
    VERY_RESTRICTED, 4 * HOUR_MS, (cfr(42, "2.51"),), VERY_RESTRICTED, (),
    (
        Gap(
            cfr(42, "2.31", "(a)"),
            Words("A consent says who, what, why, until when, and is signed.",
                  "同意须载明主体、内容、用途、期限并签字。"),
            Words("Opting in signs purpose and time, and the text that the person is shown must say the rest; where "
                  "counsel finds that too little, a directive says all of it.",
                  "选择加入签署了用途和时间，其余须写入向本人出示的文本；若法律顾问认为不足，则以本人的决定载明全部。"),
        ),
        Gap(
            cfr(42, "2.31", "(b)"),
            Words("Counselling notes need a consent of their own.", "咨询笔记须单独同意。"),
            Words("They are above every ceiling of the set; a directive that names them serves.",
                  "其密级高于本政策的一切上限；须以指明它们的决定为依据。"),
        ),
        Gap(
            cfr(42, "2.32"),
            Words("A notice that the law forbids further use, and the consent or its scope, go with each disclosure.",
                  "每次披露须附禁止再使用的声明，以及同意书或其范围说明。"),
            Words("Each release carries its ground and bars passing on; the words of the notice the custodian adds.",
                  "每次提供均载明依据并禁止转交；声明的文字由保管机构添加。"),
        ),
        Gap(
            cfr(42, "2.51", "(c)"),
            Words("An emergency is written down at once: who, to whom, when, why.",
                  "紧急情况须立即记录：谁、向谁、何时、为何。"),
            Words("Break-glass signs and reviews exactly that; no rule lets an emergency pass without it.",
                  "紧急访问恰好签署并审查这些内容；没有规则允许绕过。"),
        ),
        Gap(
            cfr(42, "2.52"),
            Words("Research under HIPAA's or the Common Rule's terms.", "符合 HIPAA 或共同规则条件的研究。"),
            Words("No rule sees those terms; a directive serves.", "规则无法识别这些条件；以本人的决定为依据。"),
        ),
        Gap(
            cfr(42, "2.54"),
            Words("Public health gets what is de-identified.", "公共卫生部门获得去标识化的数据。"),
            Words("A release carries records as they are; nothing goes.", "提供的是原始记录；不予提供。"),
        ),
        Gap(
            cfr(42, "2.12", "(c)(6)"),
            Words("Suspected child abuse may be reported to the authority.", "可向主管部门报告疑似虐待儿童。"),
            Words("No rule sees what a report is about; an order or a report by other means.",
                  "规则无法识别报告内容；以命令为依据或另行报告。"),
        ),
        Gap(
            cfr(42, "2.61"),
            Words("Court orders under Subpart E.", "E 分部规定的法院命令。"),
            Words("An order recorded on the ledger is a ground of its own; whether Subpart E was kept, who records it "
                  "answers for.", "登记在账本上的命令本身即为依据；是否符合 E 分部由登记者负责。"),
        ),
        Gap(
            cfr(42, "2.12", "(d)"),
            Words("Records are no evidence against the patient.", "记录不得用作对患者不利的证据。"),
            Words("The ledger does not reach what a recipient does; a release by a policy set bars passing on.",
                  "账本无法约束接收方的行为；依政策提供的数据不得转交。"),
        ),
    ),
)  # fmt: skip
