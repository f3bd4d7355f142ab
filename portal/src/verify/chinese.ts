/** The sentences of the steps in Chinese; the type demands each of them. */
import type { Sentence } from "./sentences";

export const CHINESE: Readonly<Record<Sentence, string>> = {
  ", by who acts for her under {0}": "，由依据 {0} 代其行事者行使",
  ", version {0}": "，第 {0} 版",
  "1 event stands": "1 个事件",
  "A fact of the state carries parts that belong to a relation.": "状态事实中带有属于某个关系的部分。",
  "A key of the state stands twice, or the keys are out of order.": "状态的某个键出现了两次，或键的顺序不对。",
  "A poisoning or an overdose, whose cause must be known at once.": "中毒或用药过量，必须立即查明原因。",
  "A proof of the state does not lead to the header's app hash.": "有一项状态证明推不出区块头中的应用哈希。",
  "A push has no request.": "主动推送不应带有请求。",
  "A record is not in the relation's map at its place.": "有一条记录不在该关系映射中的相应位置。",
  "A record stands twice, or the records are out of order.": "有一条记录出现了两次，或记录的顺序不对。",
  "A record's header is malformed.": "有一条记录的头部格式不正确。",
  "A record's leaf is not in the relation's log.": "有一条记录的叶子不在该关系的日志中。",
  "A record's octets are not those that were committed to.": "有一条记录的内容字节与所承诺的不符。",
  "All {0} versions and {1} records give the relation's roots.": "全部 {0} 个版本和 {1} 条记录得出该关系的各个根。",
  "An earlier step failed.": "前面有一步未通过。",
  "An event is not in the ledger's log at its place.": "有一个事件不在账本日志中的相应位置。",
  "Another header was seen at this height before: the ledger forked.": "此前在同一高度见过另一个区块头：账本已分叉。",
  "Another log of this size was seen before: the ledger forked.": "此前见过同样大小的另一份日志：账本已分叉。",
  "Custodian {0} {1} {2} {3}, for purpose number {4}, on {5}.": "保管者 {0} {2} {3} {1}，用途编号 {4}，依据是{5}。",
  "Entry {0} of the ledger's log is the event shown, leaf {1}.": "账本日志的第 {0} 项就是所示的事件，叶子为 {1}。",
  "No checkpoint is shown: nobody outside has witnessed this ledger.": "未附检查点：没有外部见证方见证过此账本。",
  "No entry of the log shown is one push of this relation.": "所示的日志项中没有恰好一次对该关系的推送。",
  "No entry of the log shown is the opening of this session.": "所示的日志项中没有开启此会话的一项。",
  "No entry of the log shown is the release of this request on this root.":
    "所示的日志项中没有针对此请求、基于此根的发放。",
  "No event is shown.": "未附事件。",
  "No genesis was given: whose ledger this is cannot be told.": "未提供创世文件：无法判断这是谁的账本。",
  "Nobody who may decide for the patient can be reached in time.": "无法及时联系到可代患者作决定的人。",
  "Not a complete view.": "不是完整视图。",
  "Nothing is proved: a step failed.": "什么都没有得到证明：有一步未通过。",
  "Nothing is proved: without the genesis, anybody could have made this file.":
    "什么都没有得到证明：没有创世文件，任何人都可能伪造此文件。",
  "One evidence object in its one canonical encoding.": "是一个证据对象，且采用其唯一的规范编码。",
  "Only a complete view holds the whole relation.": "只有完整视图才包含整个关系。",
  "Only a release has a request.": "只有发放才带有请求。",
  "Reason number {0}.": "理由编号 {0}。",
  "Records that were never anchored, reads that were never logged, and whether a record is true.":
    "从未锚定的记录、从未登记的查阅，以及记录的内容是否属实。",
  "State and log do not hold one push.": "状态与日志所载的不是同一次推送。",
  "State and log hold the push; nobody had to ask for it.": "状态和日志均载有此推送；它无须任何人请求。",
  "State and log shown do not hold the closing of this session.": "所示的状态和日志中没有此会话的结束。",
  "That the ledger's operator shows this ledger to everybody: no witness known to you has signed.":
    "账本运营者向所有人展示的是同一账本：您所信任的见证方均未签名。",
  "That the page stands in the log of the session: that shows once the session is closed.":
    "该页确在会话的日志中：会话结束后才能看出。",
  "That the records are complete: what the ground or the request left out is not shown.":
    "记录是否完整：依据或请求所排除的内容不会显示。",
  "That the validators committed no other block at this height: no witness known to you has signed.":
    "验证者在此高度没有提交过另一区块：您所信任的见证方均未签名。",
  "That they were released, to whom, and why: the ledger tells that later, or not at all.":
    "它们是否被发放、发给谁、为何发放：账本以后才会说明，或根本不会说明。",
  "That they were validators when they signed: past the trust period, only a witness or checkpoint tells.":
    "他们签名时仍是验证者：信任期过后，只有见证方或检查点能说明。",
  "The checkpoint and the state do not speak of one log.": "检查点与状态所说的不是同一份日志。",
  "The checkpoint fits the log; without a genesis no signer is known.": "检查点与日志相符；没有创世文件，无从得知签名者。",
  "The checkpoint is not one signed note.": "检查点不是一份签名文书。",
  "The checkpoint is not signed by a validator of the genesis.": "检查点没有创世文件中验证者的签名。",
  "The checkpoint is of another log.": "检查点属于另一份日志。",
  "The checkpoint is the ledger's own, cosigned by {0} witnesses known to you.":
    "检查点出自该账本，并有您信任的 {0} 个见证方联署。",
  "The checkpoint is the ledger's own; no witness known to you has cosigned it.":
    "检查点出自该账本；您信任的见证方均未联署。",
  "The commitment of the closing opens with exactly these pages.": "结束时的承诺恰好由这些页打开。",
  "The commitment of the release opens with exactly these records.": "发放的承诺恰好由这些记录打开。",
  "The content of records whose octets are not in the file.": "内容字节不在文件中的记录，其内容为何。",
  "The entry shown is not of this session's log.": "所示的日志项不属于此会话。",
  "The evidence is about the state and the log only.": "此证据只涉及状态和日志。",
  "The evidence is about the state only.": "此证据只涉及状态。",
  "The evidence is not about a release.": "此证据与发放无关。",
  "The evidence is of another network than the genesis.": "证据与创世文件不属于同一网络。",
  "The evidence says nothing about the log.": "证据没有涉及日志。",
  "The file is not one canonical evidence object.": "文件不是一个采用规范编码的证据对象。",
  "The genesis is malformed, or a founder's proof of possession does not hold.":
    "创世文件格式不正确，或某个创始成员的密钥持有证明不成立。",
  "The header is well-formed; without a genesis no signer is known.": "区块头格式正确；没有创世文件，无从得知签名者。",
  "The header of height {0} is committed by validators that the genesis leads to.":
    "高度 {0} 的区块头由从创世文件可追溯到的验证者共同提交。",
  "The header of height {0} is signed by a validator of the genesis.": "高度 {0} 的区块头由创世文件中的验证者签名。",
  "The ledger header is malformed, or not committed by validators that the genesis leads to.":
    "账本区块头格式不正确，或不是由从创世文件可追溯到的验证者共同提交。",
  "The ledger header is malformed, or not signed by a validator of the genesis.":
    "账本区块头格式不正确，或没有创世文件中验证者的签名。",
  "The list of records is complete, and so is their history, as of the relation's root.":
    "截至该关系的此根，记录清单是完整的，其历史也是完整的。",
  "The network is the genesis' hash; its founders proved their keys: {0}.":
    "网络标识就是创世文件的哈希；创始成员已证明持有各自的密钥：{0}。",
  "The opening does not give the relation's root at the number that the ledger counts.":
    "以账本所计的编号，此打开值得不出该关系的根。",
  "The opening gives the relation's present root, with the number that the ledger counts.":
    "打开值得出该关系的当前根，编号与账本所计一致。",
  "The opening gives the relation's root before the present one, with its number.":
    "打开值得出该关系当前根的前一个根及其编号。",
  "The opening of the relation's root is missing.": "缺少该关系之根的打开值。",
  "The page's entry is malformed.": "该页的日志项格式不正确。",
  "The page's entry names exactly these records.": "该页的日志项所列恰好是这些记录。",
  "The pages are not exactly those of the session's log: one is left out, or added.":
    "这些页与会话日志所载不完全一致：有遗漏或添加。",
  "The patient cannot understand or decide at present.": "患者目前无法理解或作出决定。",
  "The patient is unconscious.": "患者失去意识。",
  "The patient's life is in danger.": "患者有生命危险。",
  "The push is not on this root of the relation.": "此推送不是基于该关系的这个根。",
  "The recipient signed the request and its reason; state and log hold the release by break-glass.":
    "接收方签署了请求及其理由；状态和日志均载有这次破窗发放。",
  "The recipient signed the request; state and log hold the release that answers it.":
    "接收方签署了请求；状态和日志均载有答复它的发放。",
  "The recipient signed the request; state and log hold the session that answers it.":
    "接收方签署了请求；状态和日志均载有答复它的会话。",
  "The recipient signed the request; state and log hold the session, opened and closed.":
    "接收方签署了请求；状态和日志均载有该会话的开启和结束。",
  "The recipient signed why it broke the glass: {0} A review was opened with the release.":
    "接收方签署了破窗的理由：{0}审查已随发放一并启动。",
  "The recipient's request is missing.": "缺少接收方的请求。",
  "The records are not exactly those of the page: one is left out, or added.":
    "这些记录与该页所载不完全一致：有遗漏或添加。",
  "The records are not exactly those of the release: one is left out, or added.":
    "这些记录与发放的不完全一致：有遗漏或添加。",
  "The records listed are not the relation's map.": "所列的记录不是该关系的映射。",
  "The records shown are not those of the relation's map.": "所示的记录不是该关系映射中的记录。",
  "The relation is older than what was seen before: it was rolled back.": "该关系比此前所见的更旧：它被回滚了。",
  "The relation's log is not the one that was seen before: a version was dropped or changed.":
    "该关系的日志与此前所见的不同：有版本被删去或更改。",
  "The relation's root opens as number {0}, replaced since.": "该关系的根以编号 {0} 打开，此后已被替换。",
  "The relation's root opens as number {0}, the newest at that height.":
    "该关系的根以编号 {0} 打开，在该高度是最新的。",
  "The relation's whole log and map are missing.": "缺少该关系完整的日志和映射。",
  "The release was deferred: the data left at {0}, before the ledger could take it, on the state of height {1}, known to be the newest up to {2} (milliseconds since 1970).":
    "此发放是补记的：数据于 {0} 发出，当时账本尚不能收录；所依据的是高度 {1} 的状态，该状态在 {2} 之前确知为最新（自 1970 年起的毫秒数）。",
  "The request is about another relation.": "请求涉及的是另一个关系。",
  "The request is malformed.": "请求格式不正确。",
  "The request is not signed by a key of the release's recipient.": "请求没有用此次发放接收方的密钥签署。",
  "The request's signature does not verify.": "请求的签名未通过验证。",
  "The session's log holds {0} pages, and no others.": "会话的日志载有 {0} 页，此外再无其他。",
  "The size and root of the log are not proved.": "日志的大小和根没有得到证明。",
  "The state proved holds no push for this relation.": "所证明的状态中没有对该关系的推送。",
  "The state proved holds no release by break-glass for this request and relation.":
    "所证明的状态中没有针对此请求和关系的破窗发放。",
  "The state proved holds no release for this request and relation.": "所证明的状态中没有针对此请求和关系的发放。",
  "The state proved holds no session for this request and relation.": "所证明的状态中没有针对此请求和关系的会话。",
  "The state proved holds no such relation.": "所证明的状态中没有这个关系。",
  "The version before one of the records is not in the relation's log.": "某条记录的前一个版本不在该关系的日志中。",
  "The versions listed are not the relation's log.": "所列的版本不是该关系的日志。",
  "The versions of the records do not account for the relation's log.": "各记录的版本数与该关系的日志对不上。",
  "There is no fact of the state.": "没有任何状态事实。",
  "These are all the records of page {0}, whose entry in the session's log is {1}.":
    "这些就是第 {0} 页的全部记录，该页在会话日志中的一项为 {1}。",
  "These are all the records of the release, and no others.": "这些就是此次发放的全部记录，此外再无其他。",
  "What happened on the ledger after the header.": "该区块头之后账本上发生的事。",
  "Witnesses known to you cosigned an earlier checkpoint of this log, not what is shown here.":
    "您信任的见证方联署的是该日志较早的检查点，而不是这里所示的内容。",
  "break-glass under policy set {0}, version {1}": "政策集 {0} 第 {1} 版所允许的破窗访问",
  checkpoint: "检查点",
  completeness: "完整性",
  directive: "授权指令",
  for: "为",
  form: "格式",
  "ground number {0}": "编号为 {0} 的依据",
  header: "区块头",
  leaves: "叶子",
  log: "日志",
  network: "网络",
  "opened a session": "开启了会话",
  order: "命令",
  "policy set": "政策集",
  "pushed them": "主动推送了这些记录",
  records: "记录",
  relation: "关系",
  "released them": "发放了这些记录",
  "released them in bulk": "批量发放了这些记录",
  request: "请求",
  state: "状态",
  "the person's own access": "本人的访问",
  to: "向",
  "{0} events stand": "{0} 个事件",
  "{0} in the log of {1} entries that the state holds.": "状态所载、共有 {1} 项的日志中有 {0}。",
  "{0} keys have the values shown, under the header's app hash.": "在区块头的应用哈希之下，{0} 个键的值与所示一致。",
  "{0} keys of the state have the values shown.": "状态中 {0} 个键的值与所示一致。",
  "{0} records are in the custodian's map, {1} of them with their exact octets.":
    "{0} 条记录在保管者的映射中，其中 {1} 条附有逐字节一致的内容。",
  "{0} records stand at their places in the map; {1} contents have their digest.":
    "{0} 条记录在映射中各居其位；{1} 份内容与其摘要相符。",
  "{0} witnesses known to you have seen the same log, of {1} entries.":
    "您信任的 {0} 个见证方见过同一份日志，共 {1} 项。",
  "{0} {1}{2}": "{0} {1}{2}",
};
