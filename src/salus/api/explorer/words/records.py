"""Words of the records contract: anchors, petitions, holds, merges, the life of a relation."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.records import events as e
from salus.contracts.records import events_life as el
from salus.contracts.records import messages as m
from salus.contracts.records import messages_life as ml
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.AnchorRelations: said(
        "Anchors of records",
        "锚定病历",
        "{custodian} anchored the records of {entries} accounts.",
        "{custodian}锚定了{entries}个账户的病历。",
    ),
    m.Petition: said(
        "Petition", "申请", "A person asked the custodian to: {kind}.", "一位个人向保管机构申请：{kind}。"
    ),
    m.AnswerPetition: said(
        "Answer to a petition",
        "答复申请",
        "{custodian} answered a petition: {outcome}.",
        "{custodian}答复了申请：{outcome}。",
    ),
    m.PlaceHold: said(
        "Legal hold",
        "法律保全",
        "{custodian} barred the destruction of records.",
        "{custodian}禁止销毁病历。",
    ),
    m.LiftHold: said(
        "End of a legal hold", "解除法律保全", "{custodian} ended a legal hold.", "{custodian}解除了法律保全。"
    ),
    m.RestrictRelation: said(
        "Restriction",
        "限制使用",
        "{custodian} keeps an account's records without using them: {restricted}.",
        "{custodian}对账户病历仅保存、不使用：{restricted}。",
    ),
    m.MergeRelations: said(
        "Merge", "合并", "{custodian} noted that two accounts are one person's.", "{custodian}注明两个账户属同一人。"
    ),
    m.UnmergeRelations: said("End of a merge", "解除合并", "A merge of two accounts ended.", "两个账户的合并终止。"),
    m.MoveRecord: said(
        "Misfiled record",
        "误归病历",
        "{custodian} noted that a record was another person's.",
        "{custodian}注明一份病历属于他人。",
    ),
    ml.RecordDeath: said("Death", "死亡", "{custodian} recorded a death.", "{custodian}登记了一例死亡。"),
    ml.ReverseDeath: said(
        "Death reversed",
        "撤销死亡登记",
        "{custodian} took back a death recorded in error.",
        "{custodian}撤销了误登的死亡。",
    ),
    ml.CloseRelation: said(
        "Account closed", "关闭档案", "{custodian} closed an account.", "{custodian}关闭了一个档案。"
    ),
    ml.ReopenRelation: said(
        "Account reopened", "重开档案", "{custodian} reopened an account.", "{custodian}重开了一个档案。"
    ),
    ml.OfferCustody: said(
        "Custody offered",
        "提议移交保管",
        "{custodian} offered {relations} accounts to {successor}.",
        "{custodian}提议将{relations}个账户移交{successor}。",
    ),
    ml.WithdrawOffer: said(
        "Offer withdrawn",
        "撤回移交提议",
        "{custodian} took back an offer of {relations} accounts.",
        "{custodian}撤回了{relations}个账户的移交提议。",
    ),
    ml.AcceptCustody: said(
        "Custody accepted",
        "接受移交",
        "{successor} became the custodian of {entries} accounts.",
        "{successor}成为{entries}个账户的保管机构。",
    ),
    ml.TakeOverCustody: said(
        "Custody taken over",
        "接管保管",
        "{successor} took over {entries} accounts from {former}.",
        "{successor}自{former}接管了{entries}个账户。",
    ),
}
EVENTS: dict[type[Message], Text] = {
    e.RelationsAnchored: Text("Records were anchored", "病历已锚定"),
    e.PetitionMade: Text("A petition was made", "申请已提出"),
    e.PetitionAnswered: Text("A petition was answered", "申请已答复"),
    e.HoldPlaced: Text("A legal hold stands", "法律保全生效"),
    e.HoldLifted: Text("A legal hold ended", "法律保全解除"),
    e.RelationRestricted: Text("A restriction changed", "使用限制变更"),
    e.RelationsMerged: Text("Two accounts were merged", "两个账户已合并"),
    e.RelationsUnmerged: Text("A merge ended", "合并已解除"),
    e.RecordMoved: Text("A record had been misfiled", "病历曾误归"),
    el.DeathRecorded: Text("A death was recorded", "死亡已登记"),
    el.DeathReversed: Text("A death was taken back", "死亡登记已撤销"),
    el.RelationClosed: Text("An account was closed", "档案已关闭"),
    el.RelationReopened: Text("An account was reopened", "档案已重开"),
    el.CustodyOffered: Text("Custody was offered", "保管移交已提议"),
    el.OfferWithdrawn: Text("An offer of custody was withdrawn", "移交提议已撤回"),
    el.CustodyTransferred: Text("Custody moved to another member", "保管机构已变更"),
    el.CustodyRefused: Text("Some transfers of custody were refused", "部分移交被拒绝"),
}
