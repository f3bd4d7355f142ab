"""PIPL: China's Personal Information Protection Law, with what other laws add; health data is sensitive (Art. 28).

Whoever receives is another handler (Art. 23): the person is told of each, and agrees to it separately.
"""

from salus.policy.policies import NORMAL, RESTRICTED, Mode
from salus.policy.sets.clauses import ANY, HOUR_MS, Gap, ShippedRule, ShippedSet, Words, china, pipl
from salus.policy.types import OrganisationRole

_CONSENT = (pipl(13, 1), pipl(23), pipl(29), china("Civil Code", "民法典", 1035))
_LIFE = (pipl(13, 4), pipl(18))
_WITH = (
    ("TREAT", OrganisationRole.HOSPITAL, Words("Hospitals, to treat,", "医院为诊疗")),
    ("TREAT", OrganisationRole.CLINIC, Words("Clinics, to treat,", "诊所为诊疗")),
    ("TREAT", OrganisationRole.LABORATORY, Words("Laboratories, to treat,", "检验机构为诊疗")),
    ("TREAT", OrganisationRole.PHARMACY, Words("Pharmacies, to treat,", "药房为诊疗")),
    ("HPAYMT", OrganisationRole.PAYER, Words("Payers, for a claim,", "支付方为理赔")),
    ("HRESCH", ANY, Words("Those who do research", "研究机构")),
    ("CLINTRCH", ANY, Words("Those who run a trial", "临床试验机构")),
)

PIPL = ShippedSet(
    "pipl", 1,
    Words("PIPL (China)", "《个人信息保护法》（中国）"),
    Words(
        "Nothing goes to another organisation without her consent, and she is told of each release; emergencies of "
        "life and reports by law need none.",
        "未经本人同意不向其他机构提供，并逐次告知本人；紧急情况下保护生命健康和法定报告无须同意。",
    ),
    (
        *(
            ShippedRule(
                code, role, Mode.OPT_IN, NORMAL,
                Words(f"{who.en} get what is not specially protected once she opted in.",
                      f"{who.zh}，在本人选择加入后获得不属特别保护的数据。"),
                _CONSENT, notice=True,
            )
            for code, role, who in _WITH
        ),
        *(
            ShippedRule(
                "ETREAT", role, Mode.PERMITTED, RESTRICTED,
                Words(f"In an emergency of life or health {who.en} get what they need; she is told afterwards.",
                      f"紧急情况下为保护生命健康，{who.zh}获得所需数据；事后告知本人。"),
                _LIFE, notice=True,
            )
            for role, who in (
                (OrganisationRole.HOSPITAL, Words("hospitals", "医院")),
                (OrganisationRole.CLINIC, Words("clinics", "诊所")),
            )
        ),
        ShippedRule(
            "PUBHLTH", OrganisationRole.REGULATOR, Mode.MANDATED, RESTRICTED,
            Words("The authority gets what the law has it told, whatever was denied; she is told.",
                  "主管部门获得法律要求报告的数据，不论本人是否禁止；告知本人。"),
            (pipl(13, 3), pipl(34), pipl(35), china("Law on Doctors", "医师法", 33)),
            notice=True,
        ),
    ),
    RESTRICTED, 4 * HOUR_MS, _LIFE, RESTRICTED, (),
    (
        Gap(
            pipl(23),
            Words("Before she agrees she is told each recipient's name and contact, purpose, method, kinds of data.",
                  "同意前须告知接收方名称和联系方式、目的、方式和个人信息种类。"),
            Words("Opting in is by purpose, and the notice comes with each release. Where counsel asks for a consent "
                  "to each recipient, leave these rules out: directives name the recipient.",
                  "选择加入按用途进行，通知随每次提供发出。若法律顾问要求逐一同意，请删除这些规则：本人的决定会指明接收方。"),
        ),
        Gap(
            pipl(31),
            Words("Under fourteen a guardian agrees.", "未满十四周岁须由监护人同意。"),
            Words("No rule sees an age; a representative signs for the child.", "规则无法识别年龄；由代理人代为签署。"),
        ),
        Gap(
            pipl(38),
            Words("What leaves the country needs an assessment, certificate or contract.",
                  "出境须经安全评估、认证或订立合同。"),
            Words("No rule sees a recipient's country; members are admitted with their realm in view.",
                  "规则无法识别接收方所在国；接纳成员时予以考虑。"),
        ),
        Gap(
            pipl(18),
            Words("Where a law orders secrecy she is not told.", "法律规定保密的不告知。"),
            Words("The rule tells her of every release; what must stay secret goes by an order.",
                  "规则逐次告知；须保密的以命令为依据。"),
        ),
        Gap(
            china("Regulation on Medical Security Funds", "医疗保障基金使用监督管理条例", 16),
            Words("Hospitals report the use of public insurance funds.", "定点医药机构须报告医保基金使用情况。"),
            Words("A payer's role does not tell public from commercial; the set has opt-in, and a realm may vote a "
                  "mandate.", "支付方角色不区分医保与商业保险；本政策采用选择加入，各地区可表决为法定。"),
        ),
        Gap(
            china("Civil Code", "民法典", 1226),
            Words("Medical institutions keep secrets; whoever tells them is liable.",
                  "医疗机构负有保密义务，泄露应承担责任。"),
            Words("That binds recipients outside the ledger.", "约束账本之外的接收方。"),
        ),
        Gap(
            pipl(55),
            Words("An assessment of the impact before sensitive data is handled or given away.",
                  "处理敏感信息或对外提供前须进行影响评估。"),
            Words("It is made before the set is voted.", "应在表决政策之前完成。"),
        ),
    ),
)  # fmt: skip
