"""Words of the recovery of accounts: keyholders, delayed changes, freezes."""

from salus.api.explorer.words.said import Said, said
from salus.contracts.accounts import recovery_events as e
from salus.contracts.accounts import recovery_messages as m
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.SetKeyholders: said(
        "Keyholders",
        "密钥守护人",
        "A person said who helps to recover an account.",
        "一位个人指定了协助恢复账户的守护人。",
    ),
    m.AddFreezeKey: said(
        "Freeze code",
        "冻结码",
        "A person listed a printed code that can freeze the account.",
        "一位个人登记了可冻结账户的打印码。",
    ),
    m.ProposeChange: said(
        "Delayed change", "延迟变更", "A device asked for a change, after a delay.", "一台设备提出了延迟生效的变更。"
    ),
    m.VetoChange: said("Veto of a change", "否决变更", "A device stopped a change.", "一台设备否决了变更。"),
    m.CompleteChange: said(
        "Change completed",
        "变更完成",
        "{carrier} completed a change that nobody stopped.",
        "{carrier}完成了一项无人否决的变更。",
    ),
    m.StartRecovery: said(
        "Recovery",
        "账户恢复",
        "{carrier} carried a recovery that keyholders approved.",
        "{carrier}转交了经守护人同意的账户恢复。",
    ),
    m.VetoRecovery: said(
        "Veto of a recovery",
        "否决恢复",
        "{carrier} carried a device's veto of a recovery.",
        "{carrier}转交了一台设备对恢复的否决。",
    ),
    m.SettleRecovery: said(
        "Contested recovery settled",
        "恢复争议裁定",
        "{custodian} saw the person: recovery confirmed: {confirmed}.",
        "{custodian}核实了本人：确认恢复：{confirmed}。",
    ),
    m.CompleteRecovery: said(
        "Recovery completed",
        "恢复完成",
        "{carrier} completed a recovery after its delay.",
        "{carrier}在延迟期后完成了恢复。",
    ),
    m.FreezeAccount: said(
        "Freeze by printed code", "打印码冻结", "A printed code froze an account.", "一个打印码冻结了账户。"
    ),
    m.FreezeInPerson: said(
        "Freeze at the desk",
        "窗口冻结",
        "{custodian} froze an account for a person at its desk.",
        "{custodian}应到场本人要求冻结了账户。",
    ),
    m.LiftFreeze: said(
        "End of a freeze", "解除冻结", "A person asked to end a freeze, after a delay.", "一位个人请求延迟解除冻结。"
    ),
    m.ReproveAccount: said(
        "Person re-identified",
        "重新核实身份",
        "{custodian} re-identified a person who lost all keys.",
        "{custodian}重新核实了一位失去全部密钥者的身份。",
    ),
    m.ConfirmReproof: said(
        "Second identification",
        "第二方核实",
        "{member} re-identified the person as well.",
        "{member}也重新核实了其身份。",
    ),
}
EVENTS: dict[type[Message], Text] = {
    e.KeyholdersSet: Text("An account has other keyholders", "账户守护人变更"),
    e.ChangeProposed: Text("A change waits", "变更等待生效"),
    e.ChangeVetoed: Text("A change was stopped", "变更被否决"),
    e.ChangeMade: Text("A change took effect", "变更生效"),
    e.RecoveryStarted: Text("A recovery began", "恢复开始"),
    e.RecoveryVetoed: Text("A recovery was stopped", "恢复被否决"),
    e.RecoveryContested: Text("A recovery is contested", "恢复存在争议"),
    e.RecoverySettled: Text("A contested recovery was settled", "恢复争议已裁定"),
    e.RecoveryFinal: Text("An account was recovered", "账户已恢复"),
    e.AccountFrozen: Text("An account is frozen", "账户已冻结"),
    e.FreezeLifted: Text("A freeze ends", "冻结将解除"),
    e.ReproofOffered: Text("A re-identification waits for a second member", "重新核实等待第二方"),
    e.ReproofStarted: Text("Two members re-identified the person", "两成员已核实身份"),
}
