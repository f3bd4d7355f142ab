package main

import (
	"encoding/hex"
	"time"

	"github.com/cometbft/cometbft/evidence"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

func unhex(text string) []byte { return must(hex.DecodeString(text)) }

// duplicateVotes asks about a validator who voted for two blocks, and about what looks like it.
func duplicateVotes(d draw) []row {
	rows := []row{}
	by := d.members(4, 10)
	blockTime := start
	ask := func(name string, one *types.DuplicateVoteEvidence) {
		err := one.ValidateBasic()
		if err == nil {
			err = evidence.VerifyDuplicateVote(one, chain, by.set)
		}
		message := one.ToProto()
		rows = append(rows, row{
			"name":       name,
			"chain":      chain,
			"validators": encodedSet(by.set),
			"evidence":   shown(must(message.Marshal())),
			"valid":      err == nil,
		})
	}
	build := func() *types.DuplicateVoteEvidence {
		a := signedVote(d, by, 2, d.blockID(), cmtproto.PrecommitType)
		b := signedVote(d, by, 2, d.blockID(), cmtproto.PrecommitType)
		return must(types.NewDuplicateVoteEvidence(a, b, blockTime, by.set))
	}
	resign := func(vote *types.Vote, at int) {
		vote.Signature = must(by.keys[at].Sign(types.VoteSignBytes(chain, vote.ToProto())))
	}
	ask("two blocks", build())
	nothing := must(types.NewDuplicateVoteEvidence(
		signedVote(d, by, 1, types.BlockID{}, cmtproto.PrevoteType),
		signedVote(d, by, 1, d.blockID(), cmtproto.PrevoteType), blockTime, by.set))
	ask("a block and nothing", nothing)

	made := build()
	made.VoteA, made.VoteB = made.VoteB, made.VoteA
	ask("out of order", made)
	made = build()
	made.VoteB = made.VoteA
	ask("one vote twice", made)
	made = build()
	made.VoteB.Round++
	resign(made.VoteB, 2)
	ask("other round", made)
	made = build()
	made.VoteB.Height++
	resign(made.VoteB, 2)
	ask("other height", made)
	made = build()
	made.VoteB.Type = cmtproto.PrevoteType
	resign(made.VoteB, 2)
	ask("other step", made)
	made = build()
	made.VoteB.ValidatorAddress = by.set.Validators[3].Address
	resign(made.VoteB, 3)
	ask("two validators", made)
	made = build()
	made.VoteA.Signature[0] ^= 1
	ask("first vote forged", made)
	made = build()
	made.VoteB.Signature[0] ^= 1
	ask("second vote forged", made)
	made = build()
	made.ValidatorPower++
	ask("other power", made)
	made = build()
	made.TotalVotingPower++
	ask("other total", made)
	stranger := d.members(4, 10)
	made = must(types.NewDuplicateVoteEvidence(
		signedVote(d, stranger, 2, d.blockID(), cmtproto.PrecommitType),
		signedVote(d, stranger, 2, d.blockID(), cmtproto.PrecommitType), blockTime, stranger.set))
	ask("no validator of the set", made)
	return rows
}

// block gives a header of these validators with its commit by the first `signing` of them.
func (d draw) block(height int64, at time.Time, by members, round int32, signing int) (types.Header, *types.Commit) {
	header := d.header(height)
	header.Time = at
	header.ValidatorsHash = by.set.Hash()
	return header, d.decide(header, by, round, signing)
}

func (d draw) decide(header types.Header, by members, round int32, signing int) *types.Commit {
	block := types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: d.hash()}}
	made := d.commit(by, header.Height, block)
	made.Round = round
	for at := signing; at < len(made.Signatures); at++ {
		made.Signatures[at] = types.NewCommitSigAbsent()
	}
	sign(by, chain, made)
	return made
}

// attacks asks about blocks that are not the chain's and were signed by its validators.
func attacks(d draw) []row {
	rows := []row{}
	by := d.members(7, 0)
	ask := func(name string, one *types.LightClientAttackEvidence, common, trusted *types.SignedHeader) {
		err := one.ValidateBasic()
		if err == nil {
			err = evidence.VerifyLightClientAttack(one, common, trusted, by.set, start, time.Hour)
		}
		message := must(one.ToProto())
		message.ConflictingBlock.ValidatorSet.Proposer = nil
		for _, each := range message.ConflictingBlock.ValidatorSet.Validators {
			each.ProposerPriority = 0
		}
		for _, each := range message.ByzantineValidators {
			each.ProposerPriority = 0
		}
		rows = append(rows, row{
			"name":       name,
			"chain":      chain,
			"validators": encodedSet(by.set),
			"evidence":   shown(must(message.Marshal())),
			"common":     shown(must(common.Header.ToProto().Marshal())),
			"trusted":    shown(must(trusted.ToProto().Marshal())),
			"valid":      err == nil,
		})
	}
	build := func(header types.Header, commit *types.Commit, set *types.ValidatorSet, common, trusted *types.SignedHeader) *types.LightClientAttackEvidence {
		made := &types.LightClientAttackEvidence{
			ConflictingBlock: &types.LightBlock{
				SignedHeader: &types.SignedHeader{Header: &header, Commit: commit}, ValidatorSet: set,
			},
			CommonHeight:     common.Height,
			TotalVotingPower: by.set.TotalVotingPower(),
			Timestamp:        common.Time,
		}
		made.ByzantineValidators = made.GetByzantineValidators(by.set, trusted)
		return made
	}
	signed := func(header types.Header, commit *types.Commit) *types.SignedHeader {
		return &types.SignedHeader{Header: &header, Commit: commit}
	}
	common := signed(d.block(4, start, by, 0, 7))
	trusted := signed(d.block(9, start.Add(time.Minute), by, 0, 7))

	header, commit := d.block(9, start.Add(time.Minute), by, 0, 7)
	lunatic := build(header, commit, by.set, common, trusted)
	ask("lunatic", lunatic, common, trusted)
	others := d.members(3, 10)
	mixed := others
	mixed.keys = nil
	list := []*types.Validator{}
	keys := map[string]int{}
	for at, one := range by.set.Validators[:5] {
		list = append(list, types.NewValidator(one.PubKey, one.VotingPower))
		keys[string(one.Address)] = at
	}
	strangers := map[string]int{}
	for at, one := range others.set.Validators {
		list = append(list, types.NewValidator(one.PubKey, 1))
		strangers[string(one.Address)] = at
	}
	mixed.set = types.NewValidatorSet(list)
	for _, one := range mixed.set.Validators {
		if at, ok := keys[string(one.Address)]; ok {
			mixed.keys = append(mixed.keys, by.keys[at])
		} else {
			mixed.keys = append(mixed.keys, others.keys[strangers[string(one.Address)]])
		}
	}
	header, commit = d.block(9, start.Add(time.Minute), mixed, 0, 8)
	ask("lunatic with validators of its own", build(header, commit, mixed.set, common, trusted), common, trusted)
	header, commit = d.block(9, start.Add(time.Minute), others, 0, 3)
	ask("by strangers", build(header, commit, others.set, common, trusted), common, trusted)
	header, commit = d.block(12, start.Add(time.Second), by, 0, 7)
	ask("ahead, and back in time", build(header, commit, by.set, common, trusted), common, trusted)
	header, commit = d.block(12, start.Add(time.Hour), by, 0, 7)
	ask("ahead of the chain", build(header, commit, by.set, common, trusted), common, trusted)

	same := *trusted.Header
	same.DataHash = d.hash()
	equivocation := build(same, d.decide(same, by, 0, 6), by.set, trusted, trusted)
	ask("equivocation", equivocation, trusted, trusted)
	ask("amnesia", build(same, d.decide(same, by, 1, 6), by.set, trusted, trusted), trusted, trusted)
	ask("the chain's own block", build(*trusted.Header, trusted.Commit, by.set, trusted, trusted), trusted, trusted)
	header, commit = d.block(9, start.Add(time.Minute), by, 0, 7)
	ask("lunatic at the common height", build(header, commit, by.set, trusted, trusted), trusted, trusted)

	made := build(same, d.decide(same, by, 0, 6), by.set, trusted, trusted)
	made.ByzantineValidators = made.ByzantineValidators[1:]
	ask("a culprit left out", made, trusted, trusted)
	made = build(same, d.decide(same, by, 0, 6), by.set, trusted, trusted)
	made.TotalVotingPower++
	ask("other total", made, trusted, trusted)
	made = build(same, d.decide(same, by, 0, 6), by.set, trusted, trusted)
	made.ConflictingBlock.Commit.Signatures[0].Signature[0] ^= 1
	ask("a vote forged", made, trusted, trusted)
	made = build(same, d.decide(same, by, 0, 1), by.set, trusted, trusted)
	ask("not committed", made, trusted, trusted)
	made = build(same, d.decide(same, by, 0, 6), by.set, trusted, trusted)
	made.ConflictingBlock.ValidatorsHash = d.hash()
	ask("other validators named", made, trusted, trusted)
	return rows
}
