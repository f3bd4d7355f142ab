package main

import (
	"fmt"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

var third = cmtmath.Fraction{Numerator: 1, Denominator: 3}

// commit gives the votes of all for the block, each at a time of its own.
func (d draw) commit(by members, height int64, block types.BlockID) *types.Commit {
	made := &types.Commit{Height: height, Round: int32(d.Intn(3)), BlockID: block}
	for _, one := range by.set.Validators {
		made.Signatures = append(made.Signatures, types.CommitSig{
			BlockIDFlag:      types.BlockIDFlagCommit,
			ValidatorAddress: one.Address,
			Timestamp:        d.time(),
		})
	}
	sign(by, chain, made)
	return made
}

// sign fills in the signatures of all that are not absent.
func sign(by members, name string, made *types.Commit) {
	for at := range made.Signatures {
		if made.Signatures[at].BlockIDFlag != types.BlockIDFlagAbsent {
			made.Signatures[at].Signature = must(by.keys[at].Sign(made.VoteSignBytes(name, int32(at))))
		}
	}
}

// commits asks the four ways in which CometBFT verifies a commit about sound ones and ones with a defect.
func commits(d draw, rounds int) []row {
	rows := []row{}
	ask := func(name string, by members, trusted *types.ValidatorSet, block types.BlockID, height int64, made *types.Commit) {
		whole := made.ValidateBasic() == nil
		rows = append(rows, row{
			"name":         name,
			"chain":        chain,
			"validators":   encodedSet(by.set),
			"trusted":      encodedSet(trusted),
			"block_id":     shown(blockBytes(block)),
			"height":       height,
			"commit":       shown(must(made.ToProto().Marshal())),
			"whole":        whole,
			"consensus":    types.VerifyCommit(chain, by.set, block, height, made) == nil,
			"light":        types.VerifyCommitLight(chain, by.set, block, height, made) == nil,
			"light_all":    types.VerifyCommitLightAllSignatures(chain, by.set, block, height, made) == nil,
			"trusting":     types.VerifyCommitLightTrusting(chain, trusted, made, third) == nil,
			"trusting_all": types.VerifyCommitLightTrustingAllSignatures(chain, trusted, made, third) == nil,
		})
	}
	absent := func(made *types.Commit, from int) {
		for at := from; at < len(made.Signatures); at++ {
			made.Signatures[at] = types.NewCommitSigAbsent()
		}
	}
	nobody := func(made *types.Commit, from int) {
		for at := from; at < len(made.Signatures); at++ {
			made.Signatures[at].BlockIDFlag = types.BlockIDFlagNil
		}
	}
	defects := []struct {
		name string
		do   func(made *types.Commit, by members, block *types.BlockID, height *int64)
	}{
		{"sound", func(*types.Commit, members, *types.BlockID, *int64) {}},
		{"two thirds exactly", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { absent(made, 6) }},
		{"one more than two thirds", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { absent(made, 7) }},
		{"a third exactly", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { absent(made, 3) }},
		{"one more than a third", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { absent(made, 4) }},
		{"nobody", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { absent(made, 0) }},
		{"two thirds and votes for nothing", func(made *types.Commit, by members, _ *types.BlockID, _ *int64) {
			nobody(made, 6)
			sign(by, chain, made)
		}},
		{"enough and votes for nothing", func(made *types.Commit, by members, _ *types.BlockID, _ *int64) {
			nobody(made, 7)
			sign(by, chain, made)
		}},
		{"enough and a forged vote for nothing", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { nobody(made, 8) }},
		{"first signature forged", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Signatures[0].Signature[3] ^= 1 }},
		{"last signature forged", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Signatures[8].Signature[40] ^= 1 }},
		{"signature of 63 bytes", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures[0].Signature = made.Signatures[0].Signature[:63]
		}},
		{"no signature", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Signatures[0].Signature = nil }},
		{"other chain", func(made *types.Commit, by members, _ *types.BlockID, _ *int64) { sign(by, "salus-other", made) }},
		{"other block", func(_ *types.Commit, _ members, block *types.BlockID, _ *int64) { block.Hash = d.hash() }},
		{"other parts", func(_ *types.Commit, _ members, block *types.BlockID, _ *int64) { block.PartSetHeader.Total++ }},
		{"signed for another block", func(made *types.Commit, _ members, block *types.BlockID, _ *int64) {
			*block = d.blockID()
			made.BlockID = *block
		}},
		{"other height", func(_ *types.Commit, _ members, _ *types.BlockID, height *int64) { *height++ }},
		{"signed at another height", func(made *types.Commit, _ members, _ *types.BlockID, height *int64) {
			*height++
			made.Height++
		}},
		{"signed in another round", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Round++ }},
		{"times changed places", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			a, b := &made.Signatures[0], &made.Signatures[1]
			a.Timestamp, b.Timestamp = b.Timestamp, a.Timestamp
		}},
		{"votes changed places", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures[0], made.Signatures[1] = made.Signatures[1], made.Signatures[0]
		}},
		{"a vote twice", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures[1] = made.Signatures[0]
		}},
		{"a vote too few", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Signatures = made.Signatures[:8] }},
		{"a vote too many", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures = append(made.Signatures, types.NewCommitSigAbsent())
		}},
		{"no votes", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Signatures = nil }},
		{"unknown flag", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) { made.Signatures[0].BlockIDFlag = 9 }},
		{"address of 19 bytes", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures[0].ValidatorAddress = made.Signatures[0].ValidatorAddress[:19]
		}},
		{"address of another", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures[0].ValidatorAddress = made.Signatures[1].ValidatorAddress
		}},
		{"address of nobody", func(made *types.Commit, _ members, _ *types.BlockID, _ *int64) {
			made.Signatures[0].ValidatorAddress = d.bytes(20)
		}},
		{"negative round", func(made *types.Commit, by members, _ *types.BlockID, _ *int64) {
			made.Round = -1
			sign(by, chain, made)
		}},
	}
	for _, defect := range defects {
		by := d.members(9, 10)
		height, block := int64(5), d.blockID()
		made := d.commit(by, height, block)
		defect.do(made, by, &block, &height)
		if !callable(made) {
			continue
		}
		ask(defect.name, by, by.set, block, height, made)
	}
	for i := range rounds { // sets that share members, and votes of some
		by := d.members(2+d.Intn(12), 0)
		mixed := []*types.Validator{}
		for _, one := range by.set.Validators {
			if d.Intn(2) == 0 {
				mixed = append(mixed, types.NewValidator(one.PubKey, 1+d.Int63n(1000)))
			}
		}
		for range 1 + d.Intn(3) {
			mixed = append(mixed, types.NewValidator(d.key().PubKey(), 1+d.Int63n(500)))
		}
		block := d.blockID()
		made := d.commit(by, 7, block)
		for at := range made.Signatures {
			switch d.Intn(6) {
			case 0:
				made.Signatures[at] = types.NewCommitSigAbsent()
			case 1:
				made.Signatures[at].BlockIDFlag = types.BlockIDFlagNil
			}
		}
		sign(by, chain, made)
		ask(fmt.Sprintf("drawn %d", i), by, types.NewValidatorSet(mixed), block, 7, made)
	}
	return rows
}

// callable is false where CometBFT's verification panics, which its callers prevent by ValidateBasic.
func callable(made *types.Commit) bool {
	for _, one := range made.Signatures {
		if one.BlockIDFlag < types.BlockIDFlagAbsent || one.BlockIDFlag > types.BlockIDFlagNil {
			return false
		}
	}
	return true
}

func blockBytes(block types.BlockID) []byte {
	message := block.ToProto()
	return must(message.Marshal())
}

func signedVote(d draw, by members, at int, block types.BlockID, kind cmtproto.SignedMsgType) *types.Vote {
	vote := &types.Vote{
		Type:             kind,
		Height:           8,
		Round:            1,
		BlockID:          block,
		Timestamp:        d.time(),
		ValidatorAddress: by.set.Validators[at].Address,
		ValidatorIndex:   int32(at),
	}
	vote.Signature = must(by.keys[at].Sign(types.VoteSignBytes(chain, vote.ToProto())))
	return vote
}
