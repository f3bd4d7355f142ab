"""The fixed words of the page of an account."""

from salus.services.account.words import Text

TITLES: dict[str, Text] = {
    "title": Text("Who received your health data", "谁获得了您的健康数据"),
    "lead": Text(
        "Every request for data that was answered, and every decision about it, as the ledger of the network holds it.",
        "本页列出账本上记载的每一次已答复的数据请求，以及与之有关的每一项决定。",
    ),
    "custodian": Text("Kept by", "保管机构"),
    "relation": Text("Account", "账户"),
    "as of": Text("As of", "截至"),
    "merged": Text("Merged with", "已与下列账户合并"),
    "pruned": Text("Pruned until", "已删减至"),
    "before": Text(
        "the ledger no longer holds what happened before block {}: this page says nothing of it",
        "账本不再保存第 {} 个区块之前的内容，本页不涉及该部分",
    ),
    "apart": Text("each has a page of its own", "每个账户各有一页"),
    "block": Text("block {}", "第 {} 个区块"),
    "attention": Text("Still open", "尚未完成"),
    "nothing waits": Text(
        "Nothing: every release was confirmed by its recipient, and every decision by the custodian.",
        "没有：每次提供均已由接收方确认，每项决定均已由保管机构确认。",
    ),
    "open": Text("{}: {}", "{}：{}"),
    "own request": Text("A request of the person's own", "本人的请求"),
    "since": Text("for {}", "已有 {}"),
    "was due": Text(", was due {}", "，期限：{}"),
    "is due": Text(", due {}", "，期限：{}"),
    "recipients": Text("Who received data", "获得数据的各方"),
    "nobody received": Text("Nobody has received data so far.", "迄今没有任何一方获得数据。"),
    "who": Text("Recipient", "接收方"),
    "times": Text("Times", "次数"),
    "unconfirmed": Text("Not confirmed", "未确认"),
    "last": Text("Last", "最近一次"),
    "everything": Text("Everything that happened", "全部记录"),
    "order": Text("The newest comes first.", "最新的排在最前。"),
    "side": Text("Who", "对方"),
    "purpose": Text("Purpose", "用途"),
    "every purpose": Text("every purpose", "所有用途"),
    "basis": Text("Rests on", "依据"),
    "decision": Text("Decision", "决定"),
    "policy set": Text("Policy set", "政策"),
    "rule": Text("Rule", "规则"),
    "notice": Text("Notice", "告知"),
    "told": Text("this rule has you told of each release", "此规则要求逐次告知本人"),
    "legal order": Text("Order", "命令"),
    "version": Text("version {}", "第 {} 版"),
    "reason": Text("Reason", "原因"),
    "happened": Text("Happened", "发生时间"),
    "receipt": Text("Receipt", "接收"),
    "confirmed": Text("confirmed by the recipient", "接收方已确认"),
    "entry": Text("Log entry {}, leaf", "日志第 {} 条，叶哈希"),
    "evidence": Text("Proof:", "证明："),
    "checking": Text("How to check this page", "如何核验本页"),
    "check 2": Text(
        "Each line stands in the network's log at the number shown, and has the leaf hash shown. "
        "Its evidence file proves that to anybody, offline:",
        "每一条都位于日志中所示的序号，并具有所示的叶哈希。其证明文件可离线向任何人证实这一点：",
    ),
    "check 1": Text(
        "The genesis document and the keys of witnesses must come from somebody you trust, not from whoever gave "
        "you this page.",
        "创世文件和见证方的密钥应取自您信任的一方，而不是给您本页的人。",
    ),
    "cosigned": Text("The log's checkpoint below was cosigned by:", "下列日志检查点已由以下见证方共同签署："),
    "unwitnessed": Text(
        "The log's checkpoint below is the operator's own: no witness has cosigned it yet.",
        "下列日志检查点仅由运营方签署，尚无见证方共同签署。",
    ),
    "limit 1": Text(
        "What was released is not on the ledger: the evidence in your wallet shows it.",
        "所提供的具体内容不在账本上，见您钱包中的证明。",
    ),
    "limit 3": Text(
        "Requests of others that the custodian never answered are not on the ledger either; your own are shown above.",
        "他人提出而保管机构从未答复的请求也不在账本上；您本人未获答复的请求见上文。",
    ),
    "limit 2": Text(
        "What people within the custodian read, and data handed over by other means, is not on the ledger.",
        "保管机构内部人员的查阅，以及以其他方式交出的数据，均不在账本上。",
    ),
}
