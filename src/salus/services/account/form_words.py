"""The words of the forms of an account: titles, what the law grants, columns, limits; facts of law in our own words."""

from collections.abc import Mapping

from salus.services.account.words import Text

FORM_TITLES: Mapping[str, Text] = {
    "hipaa": Text("Accounting of disclosures", "披露情况记录"),
    "part2": Text("Accounting of disclosures of substance use disorder records", "物质使用障碍记录披露情况"),
    "gdpr": Text("Who received your personal data", "您的个人数据的接收方"),
    "pipl": Text("Provision of your personal information to others", "向其他方提供您的个人信息的情况"),
}
LAWS: Mapping[str, Text] = {
    "hipaa": Text("45 CFR 164.528", "45 CFR 164.528"),
    "part2": Text("42 CFR 2.24 and 2.25", "42 CFR 2.24、2.25"),
    "gdpr": Text("GDPR Art. 15", "《通用数据保护条例》第 15 条"),
    "pipl": Text("PIPL Arts. 23, 44, 45, 48", "《个人信息保护法》第二十三、四十四、四十五、四十八条"),
}
LEADS: Mapping[str, tuple[Text, ...]] = {
    "hipaa": (
        Text(
            "Disclosures of the six years before the request, or of the shorter time that was asked for. Left out, as "
            "the law leaves them out: those for treatment, payment and health care operations, those to the person, "
            "and those that the person authorised.",
            "列出请求之前六年内（或所要求的较短期间内）的披露。依法不列出：为诊疗、支付和医疗运营的披露，向本人的披露，"
            "以及本人授权的披露。",
        ),
        Text(
            "It is due within 60 days of the request, once more 30 with a reason in writing; the first in twelve "
            "months is free. An agency may have asked in writing that a disclosure to it be withheld for a time: the "
            "custodian leaves those out by hand.",
            "应在请求之日起 60 天内提供，书面说明理由后可延长 30 天；十二个月内首次免费。监管或执法机构可书面要求"
            "暂不列出向其作出的披露：由保管机构自行剔除。",
        ),
    ),
    "part2": (
        Text(
            "Disclosures with the patient's consent of the three years before the request, those for treatment, "
            "payment and operations through electronic records among them; and to whom a consent led that named no "
            "recipient.",
            "列出请求之前三年内经患者同意的披露，包括通过电子记录为诊疗、支付和运营所作的披露；以及依未指明接收方的同意"
            "而获得记录的各方。",
        ),
        Text(
            "The list of recipients under a general designation is due within 30 days of a written request.",
            "概括指定项下的接收方名单应在书面请求之日起 30 天内提供。",
        ),
    ),
    "gdpr": (
        Text(
            "Each recipient, for what purpose, which categories of data, on what ground; from the beginning. It is due "
            "within one month of the request, and the first copy is free.",
            "自始列出每一接收方、用途、数据类别和依据。应在请求之日起一个月内提供，首份免费。",
        ),
    ),
    "pipl": (
        Text(
            "Each time that personal information was provided to another handler: to whom, for what, by which means, "
            "which kinds, on what ground, and whether the rule has the person told.",
            "列出每次向其他个人信息处理者提供的情况：接收方、目的、方式、种类、依据，以及规则是否要求告知本人。",
        ),
    ),
}
RIGHTS: Mapping[str, tuple[Text, ...]] = {
    "gdpr": (
        Text(
            "You may ask for rectification, erasure or restriction, and you may object (Arts. 16 to 18, 21).",
            "您可以请求更正、删除或限制处理，也可以反对处理（第 16 至 18 条、第 21 条）。",
        ),
        Text(
            "You may complain to a supervisory authority (Art. 77).",
            "您可以向监管机构投诉（第 77 条）。",
        ),
        Text(
            "Each release is decided by fixed rules over consents and policies; no profile of you is made.",
            "每次提供均由同意和政策的固定规则决定，不对您进行画像。",
        ),
    ),
    "pipl": (
        Text(
            "You may know and decide, restrict or refuse; look and copy; have it moved to another handler (Arts. 44, "
            "45).",
            "您对个人信息的处理享有知情权、决定权，可以限制或拒绝；有权查阅、复制，并请求转移（第四十四、四十五条）。",
        ),
        Text(
            "You may have it corrected, completed or deleted, and the rules of handling explained (Arts. 46 to 48).",
            "您有权请求更正、补充、删除，并要求解释处理规则（第四十六至四十八条）。",
        ),
        Text(
            "Where a request is refused the reason must be given, and you may go to court (Art. 50).",
            "请求被拒绝的，应当说明理由；您可以向人民法院起诉（第五十条）。",
        ),
    ),
}
PARTS: Mapping[str, Text] = {
    "disclosures": Text("Disclosures", "披露"),
    "consented": Text("Disclosures with consent", "经同意的披露"),
    "designated": Text("Recipients under a general designation", "概括指定项下的接收方"),
    "recipients": Text("Recipients", "接收方"),
    "provided": Text("Provisions to others", "对外提供"),
}
COLUMNS: Mapping[str, Text] = {
    "date": Text("Date", "日期"),
    "recipient": Text("Recipient", "接收方"),
    "address": Text("Place", "所在地"),
    "data": Text("Data", "数据种类"),
    "purpose": Text("Purpose", "用途"),
    "ground": Text("Ground", "依据"),
    "method": Text("Means", "方式"),
    "notice": Text("Notice", "告知"),
}
METHODS: Mapping[str, Text] = {
    "released": Text("on request", "应请求提供"),
    "pushed": Text("sent without a request", "主动提供"),
    "session": Text("session of searches", "查询会话"),
    "break-glass": Text("emergency", "紧急访问"),
    "deferred-release": Text("emergency, told later", "紧急访问（事后登记）"),
    "sealed-release": Text("under an order that forbade notice", "依据禁止告知的命令"),
    "bulk": Text("in bulk", "批量导出"),
}
SAID: Mapping[str, Text] = {
    "custodian": Text("Kept by", "保管机构"),
    "relation": Text("Account", "账户"),
    "as of": Text("As of", "截至"),
    "period": Text("Covers", "期间"),
    "span": Text("{} to {}", "{} 至 {}"),
    "pruned": Text(
        "Incomplete: the ledger no longer holds what happened until {}, and nothing of it is listed here.",
        "不完整：账本不再保存 {} 及之前的内容，本表不列出该部分。",
    ),
    "beginning": Text("the beginning", "最初"),
    "law": Text("Form of", "法律依据"),
    "none": Text("None.", "无。"),
    "unknown data": Text("not on the ledger; the custodian knows", "不在账本上，由保管机构掌握"),
    "erased": Text("nothing that is still kept", "现已不再保存"),
    "unknown place": Text("not known", "未知"),
    "several": Text("{} to {}, {} times", "{} 至 {}，共 {} 次"),
    "told": Text("the person is told", "告知本人"),
    "not told": Text("-", "-"),
    "emergency": Text("an emergency: {} {}", "紧急情况：{}{}"),
    "own set": Text("policy set {}, version {}", "政策 {}，第 {} 版"),
    "order": Text("order {}", "命令 {}"),
    "consent": Text("the person's decision {}, version {}", "本人的决定 {}，第 {} 版"),
    "entries": Text("log {}", "日志 {}"),
    "check": Text(
        "Each row names its entries in the network's log. The first command makes the evidence file of one, the second "
        "checks it, offline:",
        "每一行列出其在网络日志中的序号。第一条命令生成其中一条的证明文件，第二条命令可离线核验：",
    ),
    "about": Text("What is kept, and your rights", "保存情况与您的权利"),
    "categories": Text("Categories", "类别"),
    "storage": Text("Kept for", "保存期限"),
    "until": Text("{}; the last ends {}", "{}；最后一项至 {}"),
    "no rule": Text("no retention rule is set; ask the custodian", "未设定保存期限规则，请询问保管机构"),
    "forever": Text("without end", "无期限"),
    "source": Text("Source", "来源"),
    "own source": Text("collected by the custodian", "由保管机构收集"),
    "other source": Text(
        "collected by the custodian; {} records came from other custodians", "由保管机构收集；{} 条记录来自其他保管机构"
    ),
    "limits": Text("What this page does not say", "本页未涵盖的内容"),
    "limit 1": Text(
        "It tells what went through this network. Disclosures by other means the custodian must add.",
        "本页仅涵盖经本网络的提供；以其他方式作出的披露须由保管机构补充。",
    ),
    "limit 2": Text(
        "Readings inside the custodian are in its access log, which it shows the person on request.",
        "保管机构内部的查阅见其访问日志，可应本人请求出示。",
    ),
    "limit 3": Text(
        "The form is a starting point for the review of counsel, and no legal advice.",
        "本表格式供法律顾问审阅之用，不构成法律意见。",
    ),
    "limit 4": Text(
        "A place is the realm of a member; a postal address the custodian adds.",
        "所在地为成员登记的地区；通信地址由保管机构补充。",
    ),
}
KINDS: Mapping[str, Text] = {  # data classes of records
    "activity": Text("activity", "活动"),
    "allergy": Text("allergies", "过敏"),
    "care-plan": Text("care plans", "照护计划"),
    "claim": Text("claims", "理赔"),
    "communication": Text("communication", "沟通记录"),
    "condition": Text("conditions", "诊断"),
    "consent": Text("consents", "同意书"),
    "demographics": Text("demographics", "基本信息"),
    "device": Text("devices", "器械"),
    "diagnostic-report": Text("diagnostic reports", "诊断报告"),
    "directory": Text("directory", "名录"),
    "document": Text("documents", "文书"),
    "encounter": Text("encounters", "就诊"),
    "exam": Text("examinations", "体格检查"),
    "family-history": Text("family history", "家族史"),
    "genomics": Text("genetic data", "基因数据"),
    "imaging": Text("imaging", "影像"),
    "immunization": Text("immunizations", "免疫接种"),
    "laboratory": Text("laboratory results", "检验结果"),
    "medication": Text("medication", "用药"),
    "observation": Text("observations", "观察"),
    "order": Text("orders", "医嘱"),
    "other": Text("other", "其他"),
    "procedure": Text("procedures", "操作"),
    "provenance": Text("provenance", "来源"),
    "research": Text("research", "研究"),
    "social-history": Text("social history", "社会史"),
    "supply": Text("supplies", "物资"),
    "survey": Text("surveys", "问卷"),
    "therapy": Text("therapy", "治疗"),
    "vital-signs": Text("vital signs", "生命体征"),
}
