package main

import (
	"encoding/json"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// evidenceLists gives what blocks hold of misbehaviour, as a node shows it, with the root that their headers hold.
func evidenceLists(d draw) []row {
	by := d.members(4, 0)
	twice := func(kind cmtproto.SignedMsgType, other types.BlockID) types.Evidence {
		a, b := signedVote(d, by, 2, d.blockID(), kind), signedVote(d, by, 2, other, kind)
		return must(types.NewDuplicateVoteEvidence(a, b, d.time(), by.set))
	}
	attack := func(culprits int) types.Evidence {
		header, commit := d.block(9, d.time(), by, 0, 3)
		return &types.LightClientAttackEvidence{
			ConflictingBlock: &types.LightBlock{
				SignedHeader: &types.SignedHeader{Header: &header, Commit: commit}, ValidatorSet: by.set,
			},
			CommonHeight:        4,
			ByzantineValidators: by.set.Validators[:culprits],
			TotalVotingPower:    by.set.TotalVotingPower(),
			Timestamp:           d.time(),
		}
	}
	rows := []row{}
	for _, list := range []types.EvidenceList{
		{},
		{twice(cmtproto.PrecommitType, d.blockID())},
		{twice(cmtproto.PrevoteType, types.BlockID{})},
		{attack(3)},
		{attack(0)},
		{attack(1), twice(cmtproto.PrecommitType, d.blockID()), twice(cmtproto.PrevoteType, d.blockID())},
	} {
		encodings := []string{}
		for _, one := range list {
			encodings = append(encodings, shown(one.Bytes()))
		}
		said := must(cmtjson.Marshal(types.EvidenceData{Evidence: list}))
		rows = append(rows, row{"shown": json.RawMessage(said), "encodings": encodings, "root": shown(list.Hash())})
	}
	return rows
}
