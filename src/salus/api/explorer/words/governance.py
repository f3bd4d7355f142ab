"""Words of the governance contract: its messages, the actions of proposals, its events."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.governance import events as e
from salus.contracts.governance import messages as m
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.Propose: said(
        "Proposal",
        "提案",
        "{member} opened a vote, to take effect at block {effective}.",
        "{member}发起表决，拟于第{effective}区块生效。",
    ),
    m.Vote: said("Ballot", "投票", "{member} voted: {approve}.", "{member}投票：{approve}。"),
    m.EmergencySuspend: said(
        "Emergency suspension",
        "紧急暂停",
        "{by} suspended {member} at once, without a vote.",
        "{by}未经表决立即暂停了{member}。",
    ),
    m.RecordEscrow: said(
        "Key escrow",
        "密钥托管",
        "{organisation} put its keys in escrow.",
        "{organisation}将其密钥交付托管。",
    ),
    m.OpenEscrow: said(
        "Opening of a key escrow",
        "启用密钥托管",
        "{by} asked the holders for their shares of {organisation}'s keys.",
        "{by}请持有人交出{organisation}密钥的份额。",
    ),
    m.AdmitMember: said("Admission", "接纳成员", "Admit {organisation} as a member.", "接纳{organisation}为成员。"),
    m.SetMemberState: said("State of a member", "成员状态", "Set {member} to: {state}.", "将{member}设为：{state}。"),
    m.SetParameter: said("Parameter", "参数", "Set {parameter} to {value}.", "将 {parameter} 设为 {value}。"),
    m.SetValidator: said(
        "Validator",
        "验证节点",
        "Give a validator of {member} the power {power}.",
        "将{member}的验证节点权重设为 {power}。",
    ),
    m.SetGroup: said("Group", "机构组", "Set the members of the group {name}.", "设定机构组“{name}”的成员。"),
    m.SetPolicySet: said("Policy set", "政策集", "Put a policy set into force.", "使一套政策生效。"),
    m.SucceedMember: said(
        "Succession", "承继", "Let {successor} take over from {member}.", "由{successor}承继{member}。"
    ),
    m.ScheduleUpgrade: said(
        "Upgrade of the rules",
        "规则升级",
        "Let rules version {rules} apply from block {height} on.",
        "自第{height}区块起适用规则版本 {rules}。",
    ),
    m.WithdrawUpgrade: said(
        "Withdrawal of an upgrade",
        "撤回升级",
        "Withdraw the upgrade to rules version {rules}.",
        "撤回升级至规则版本 {rules}。",
    ),
}
EVENTS: dict[type[Message], Text] = {
    e.ProposalMade: Text("A vote is open", "表决开始"),
    e.BallotCast: Text("A member voted", "成员已投票"),
    e.ProposalApplied: Text("A proposal took effect", "提案生效"),
    e.ProposalLapsed: Text("A proposal found too few votes", "提案票数不足而失效"),
    e.ProposalFailed: Text("A proposal had become impossible", "提案已无法执行"),
    e.MemberAdmitted: Text("An organisation became a member", "机构成为成员"),
    e.MemberStateSet: Text("A member's state changed", "成员状态变更"),
    e.ParameterSet: Text("A parameter has a new value", "参数变更"),
    e.ValidatorSet: Text("A validator was set", "验证节点变更"),
    e.GroupSet: Text("A group has other members", "机构组变更"),
    e.PolicySetVoted: Text("A policy set is in force", "政策生效"),
    e.UpgradeScheduled: Text("An upgrade of the rules is scheduled", "规则升级已排定"),
    e.UpgradeWithdrawn: Text("An upgrade of the rules was withdrawn", "规则升级已撤回"),
    e.MemberSuspended: Text("A member was suspended in an emergency", "成员被紧急暂停"),
    e.EscrowMade: Text("Keys are in escrow", "密钥已托管"),
    e.EscrowOpened: Text("A key escrow is being opened", "密钥托管正在启用"),
    e.MemberSucceeded: Text("A member took over from another", "成员承继了另一成员"),
}
