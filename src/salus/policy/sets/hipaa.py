"""HIPAA: 45 CFR Part 164, Subpart E. What it lets a covered entity disclose without an authorisation.

A restriction that an entity agreed to does not hold for what 164.512 permits (164.522(a)(1)(v)): hence `mandated`.
"""

from salus.policy.policies import NORMAL, RESTRICTED, Mode
from salus.policy.sets.clauses import HOUR_MS, Gap, ShippedRule, ShippedSet, Words, cfr
from salus.policy.types import OrganisationRole

_TREAT = (cfr(45, "164.506", "(c)(2)"), cfr(45, "164.508", "(a)(2)"))
_PROVIDERS = (
    (OrganisationRole.HOSPITAL, Words("Hospitals", "医院")),
    (OrganisationRole.CLINIC, Words("Clinics", "诊所")),
    (OrganisationRole.LABORATORY, Words("Laboratories", "检验机构")),
    (OrganisationRole.PHARMACY, Words("Pharmacies", "药房")),
)

HIPAA = ShippedSet(
    "hipaa", 2,
    Words("HIPAA Privacy Rule (45 CFR Part 164)", "美国 HIPAA 隐私规则（45 CFR 第 164 部分）"),
    Words(
        "Treatment and payment need no permission; reports to the authority go whatever was denied; operations wait "
        "for her opting in; research and marketing wait for her own directive.",
        "诊疗和支付无须许可；向主管部门的报告不受本人禁止的影响；运营须本人选择加入；研究和市场推广须本人作出决定。",
    ),
    (
        *(
            ShippedRule(
                "TREAT", role, Mode.PERMITTED, RESTRICTED,
                Words(f"{who.en} get what treatment needs, all but the very restricted (psychotherapy notes).",
                      f"{who.zh}获得诊疗所需的数据，但不包括极为敏感的数据（心理治疗笔记）。"),
                _TREAT,
            )
            for role, who in _PROVIDERS
        ),
        ShippedRule(
            "HPAYMT", OrganisationRole.PAYER, Mode.PERMITTED, NORMAL,
            Words("Payers get what a claim needs. She may object: the law makes an entity agree where she paid in "
                  "full herself, the set always.",
                  "支付方获得理赔所需数据。本人可以反对：法律规定在本人自付全款时机构必须同意，本政策一律同意。"),
            (cfr(45, "164.506", "(c)(3)"), cfr(45, "164.502", "(b)"), cfr(45, "164.522", "(a)(1)(vi)")),
            objection=True,
        ),
        ShippedRule(
            "HOPERAT", OrganisationRole.HOSPITAL, Mode.OPT_IN, NORMAL,
            Words("Another hospital gets what its quality work needs once she opted in.",
                  "本人选择加入后，其他医院获得其质量管理所需的数据。"),
            (cfr(45, "164.506", "(c)(4)"),),
        ),
        ShippedRule(
            "HOPERAT", OrganisationRole.PAYER, Mode.OPT_IN, NORMAL,
            Words("So does a payer.", "支付方亦同。"),
            (cfr(45, "164.506", "(c)(4)"),),
        ),
        ShippedRule(
            "PUBHLTH", OrganisationRole.REGULATOR, Mode.MANDATED, RESTRICTED,
            Words("A public health authority gets what the law has it told, whatever was denied.",
                  "公共卫生主管部门获得法律要求报告的数据，不论本人是否禁止。"),
            (cfr(45, "164.512", "(a)"), cfr(45, "164.512", "(b)(1)(i)"), cfr(45, "164.522", "(a)(1)(v)")),
        ),
        ShippedRule(
            "HCOMPL", OrganisationRole.REGULATOR, Mode.MANDATED, RESTRICTED,
            Words("An agency that oversees health care gets what its oversight needs, whatever was denied.",
                  "医疗监管机构获得监管所需的数据，不论本人是否禁止。"),
            (cfr(45, "164.512", "(d)"), cfr(45, "164.522", "(a)(1)(v)")),
        ),
    ),
    RESTRICTED, 4 * HOUR_MS, (cfr(45, "164.506", "(c)(2)"), cfr(45, "164.522", "(a)(1)(iii)")), RESTRICTED,
    ("TREAT", "HPAYMT"),
    (
        Gap(
            cfr(45, "164.508", "(c)"),
            Words("An authorisation names data, recipient, purpose, end and signature.",
                  "授权须载明数据、接收方、用途、期限并签字。"),
            Words("A preference names none of these; research, trials and marketing have no rule and wait for a "
                  "directive.", "偏好不含这些要素；研究、试验和市场推广没有规则，须有本人的决定。"),
        ),
        Gap(
            cfr(45, "164.512", "(i)"),
            Words("Research with a board's waiver needs no authorisation.", "经审查委员会豁免的研究无须授权。"),
            Words("No rule sees a waiver; nothing goes.", "规则无法识别豁免；不予提供。"),
        ),
        Gap(
            cfr(45, "164.506", "(c)(4)"),
            Words("Operations of another entity only where both know the individual, for some kinds of work.",
                  "仅当双方均与本人有关系且属特定工作时，方可用于其他机构的运营。"),
            Words("No rule sees the recipient's relationship; the set has opt-in.",
                  "规则无法识别接收方与本人的关系；本政策采用选择加入。"),
        ),
        Gap(
            cfr(45, "164.512", "(b)(1)(iii)"),
            Words("Adverse events go to the maker of a regulated product.", "不良事件可报告给受监管产品的厂家。"),
            Words("No rule sees whose product it was; a directive or an order serves.",
                  "规则无法识别产品归属；以本人的决定或命令为依据。"),
        ),
        Gap(
            cfr(45, "164.512", "(e)"),
            Words("Court orders, subpoenas with assurances.", "法院命令，以及附有保证的传票。"),
            Words("An order recorded on the ledger is a ground of its own; a bare subpoena is none.",
                  "登记在账本上的命令本身即为依据；单独的传票不是。"),
        ),
        Gap(
            cfr(45, "164.512", "(c), (f) to (l)"),
            Words("Abuse, law enforcement, the dead, organs, threats, the State's functions, workers' compensation.",
                  "虐待、执法、死者、器官捐献、严重威胁、政府职能、工伤赔偿。"),
            Words("No rule sees the occasion; an order recorded on the ledger, or a report by other means.",
                  "规则无法识别具体情形；以登记在账本上的命令为依据或另行报告。"),
        ),
        Gap(
            cfr(45, "164.510", "(b)"),
            Words("Family and friends who help with care.", "协助照护的家属和朋友。"),
            Words("Recipients are organisations; persons act by representation.", "接收方均为机构；个人通过代理行事。"),
        ),
        Gap(
            cfr(45, "164.502", "(b)"),
            Words("The minimum that the purpose needs.", "以用途所需为限。"),
            Words("A ceiling and the recipient's own filter bound it; need itself nobody computes.",
                  "以密级上限和接收方的筛选条件加以限制；必要性本身无法计算。"),
        ),
    ),
)  # fmt: skip
