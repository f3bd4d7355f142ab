"""GDPR: Regulation (EU) 2016/679, health data under Art. 9. National law decides much of it (Art. 9(4))."""

from salus.policy.policies import NORMAL, RESTRICTED, Mode
from salus.policy.sets.clauses import ANY, HOUR_MS, Gap, ShippedRule, ShippedSet, Words, gdpr
from salus.policy.types import OrganisationRole

_CARE = (gdpr("6(1)(e)"), gdpr("9(2)(h)"), gdpr("9(3)"), gdpr("14"), gdpr("21(1)"))
_PROVIDERS = (
    (OrganisationRole.HOSPITAL, Words("Hospitals", "医院")),
    (OrganisationRole.CLINIC, Words("Clinics", "诊所")),
    (OrganisationRole.LABORATORY, Words("Laboratories", "检验机构")),
    (OrganisationRole.PHARMACY, Words("Pharmacies", "药房")),
)

GDPR = ShippedSet(
    "gdpr", 2,
    Words("GDPR (Regulation (EU) 2016/679)", "欧盟《通用数据保护条例》（2016/679）"),
    Words(
        "Those bound to secrecy get what care needs unless she objects, and she is told; public health gets what the "
        "law says; operations and research wait for her opting in.",
        "负有保密义务的机构获得诊疗所需的数据，除非本人反对，并告知本人；公共卫生部门依法获得数据；运营和研究须本人选择加入。",
    ),
    (
        *(
            ShippedRule(
                "TREAT", role, Mode.PERMITTED, NORMAL,
                Words(f"{who.en} get what is not sensitive, to treat, unless she objects.",
                      f"{who.zh}为诊疗获得不敏感的数据，除非本人反对。"),
                _CARE, objection=True, notice=True,
            )
            for role, who in _PROVIDERS
        ),
        ShippedRule(
            "HPAYMT", OrganisationRole.PAYER, Mode.PERMITTED, NORMAL,
            Words("Payers get what a claim needs, unless she objects.", "支付方获得理赔所需数据，除非本人反对。"),
            (gdpr("6(1)(e)"), gdpr("9(2)(b)"), gdpr("9(2)(h)"), gdpr("14"), gdpr("21(1)")),
            objection=True, notice=True,
        ),
        ShippedRule(
            "HOPERAT", ANY, Mode.OPT_IN, NORMAL,
            Words("For the operations of others nothing goes until she opted in.",
                  "未经本人选择加入，不为其他机构的运营提供数据。"),
            (gdpr("6(1)(a)"), gdpr("9(2)(a)"), gdpr("7")), notice=True,
        ),
        ShippedRule(
            "PUBHLTH", OrganisationRole.REGULATOR, Mode.MANDATED, RESTRICTED,
            Words("The authority gets what the law has it told, whatever was denied.",
                  "主管部门获得法律要求报告的数据，不论本人是否禁止。"),
            (gdpr("6(1)(c)"), gdpr("9(2)(i)"), gdpr("14(5)(c)")),
        ),
        ShippedRule(
            "HRESCH", ANY, Mode.OPT_IN, NORMAL,
            Words("Research gets nothing until she opted in.", "未经本人选择加入，研究机构不得获得任何数据。"),
            (gdpr("6(1)(a)"), gdpr("9(2)(a)"), gdpr("7"), gdpr("89(1)")), notice=True,
        ),
        ShippedRule(
            "CLINTRCH", OrganisationRole.RESEARCH, Mode.OPT_IN, NORMAL,
            Words("Nor does a clinical trial.", "临床试验亦同。"),
            (gdpr("6(1)(a)"), gdpr("9(2)(a)"), gdpr("7"), gdpr("89(1)")), notice=True,
        ),
    ),
    RESTRICTED, 4 * HOUR_MS, (gdpr("6(1)(d)"), gdpr("9(2)(c)")), RESTRICTED, ("TREAT",),
    (
        Gap(
            gdpr("9(4)"),
            Words("Member states add conditions for genetic, biometric and health data.",
                  "成员国可对基因、生物识别和健康数据增设条件。"),
            Words("One set is for all; a realm votes its own version, as strict as its law.",
                  "本政策通用；各地区可表决自己的版本。"),
        ),
        Gap(
            gdpr("9(2)(c)"),
            Words("Vital interests of who cannot consent.", "无法同意者的重大利益。"),
            Words("No rule sees who can consent; break-glass has the reason signed and reviewed.",
                  "规则无法识别本人能否同意；紧急访问会签署理由并接受审查。"),
        ),
        Gap(
            gdpr("9(2)(j)"),
            Words("Research by law, with safeguards, without consent.", "依法并有保障措施的研究无须同意。"),
            Words("No rule sees the safeguards; the set has opt-in.", "规则无法识别保障措施；本政策采用选择加入。"),
        ),
        Gap(
            gdpr("9(2)(f)"),
            Words("Legal claims and courts.", "法律主张和法院。"),
            Words("An order recorded on the ledger is a ground of its own.", "登记在账本上的命令本身即为依据。"),
        ),
        Gap(
            gdpr("21(1)"),
            Words("An objection yields to compelling grounds.", "反对须让位于令人信服的正当理由。"),
            Words("Nobody weighs grounds by rule; the set honours every objection.",
                  "规则无法权衡理由；本政策尊重一切反对。"),
        ),
        Gap(
            gdpr("44"),
            Words("Transfers to a third country.", "向第三国传输。"),
            Words("No rule sees a recipient's country; members are admitted with their realm in view.",
                  "规则无法识别接收方所在国；接纳成员时予以考虑。"),
        ),
        Gap(
            gdpr("21(2)"),
            Words("Marketing ends with an objection.", "反对即终止市场推广。"),
            Words("Marketing has no rule and waits for a directive, which she revokes.",
                  "市场推广没有规则，须有本人的决定，可随时撤销。"),
        ),
    ),
)  # fmt: skip
