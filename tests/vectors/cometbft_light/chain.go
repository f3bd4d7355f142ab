package main

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
)

const (
	chainID = "salus-00112233445566778899aabbccddeeff00112233"
	length  = 12 // blocks
)

// start has nanoseconds that no millisecond ends with.
var start = time.Date(2026, 9, 1, 8, 0, 0, 123456789, time.UTC)

// powers of the validators at each height: the set changes by a little, and then, at 9, by nearly all.
var powers = [length + 2]map[string]int64{
	1: {"a": 10, "b": 10, "c": 10, "d": 10}, 2: {"a": 10, "b": 10, "c": 10, "d": 10},
	3: {"a": 10, "b": 10, "c": 10, "e": 7}, 4: {"a": 10, "b": 10, "c": 10, "e": 7},
	5: {"a": 10, "b": 10, "f": 25, "e": 7}, 6: {"a": 10, "b": 10, "f": 25, "e": 7},
	7: {"a": 1, "b": 1, "f": 25, "e": 7}, 8: {"a": 1, "b": 1, "f": 25, "e": 7},
	9: {"g": 30, "h": 30, "e": 7}, 10: {"g": 30, "h": 30, "e": 7},
	11: {"g": 30, "h": 30, "i": 1000000000000}, 12: {"g": 30, "h": 30, "i": 1000000000000},
	13: {"g": 30, "h": 30, "i": 1000000000000},
}

func key(name string) ed25519.PrivKey {
	return ed25519.GenPrivKeyFromSecret([]byte("validator " + name))
}

func digest(label string) []byte {
	sum := sha256.Sum256([]byte(label))
	return sum[:]
}

// setAt returns the validators of a height and their private keys, in the order of the set.
func setAt(height int64) (*types.ValidatorSet, []ed25519.PrivKey) {
	var list []*types.Validator
	names := map[string]string{}
	for name, power := range powers[height] {
		public := key(name).PubKey()
		names[string(public.Address())] = name
		list = append(list, types.NewValidator(public, power))
	}
	set := types.NewValidatorSet(list)
	var keys []ed25519.PrivKey
	for _, validator := range set.Validators {
		keys = append(keys, key(names[string(validator.Address)]))
	}
	return set, keys
}

// block is one height: a header, its commit, and the set that signed it.
type block struct {
	header *types.Header
	commit *types.Commit
	set    *types.ValidatorSet
	keys   []ed25519.PrivKey
}

type chain struct {
	blocks []block // blocks[h-1] is of height h
}

func (c *chain) at(height int64) block {
	return c.blocks[height-1]
}

func (b block) id() types.BlockID {
	parts := types.PartSetHeader{Total: 1, Hash: digest(fmt.Sprintf("parts %d", b.header.Height))}
	return types.BlockID{Hash: b.header.Hash(), PartSetHeader: parts}
}

func newChain() *chain {
	made := &chain{}
	last := types.BlockID{}
	for height := int64(1); height <= length; height++ {
		set, keys := setAt(height)
		next, _ := setAt(height + 1)
		header := &types.Header{
			Version:            cmtversion.Consensus{Block: 11, App: uint64(height / 6)},
			ChainID:            chainID,
			Height:             height,
			Time:               start.Add(time.Duration(height) * 1000000007 * time.Nanosecond),
			LastBlockID:        last,
			LastCommitHash:     digest(fmt.Sprintf("last commit %d", height)),
			DataHash:           types.Txs{[]byte(fmt.Sprintf("batch %d", height))}.Hash(),
			ValidatorsHash:     set.Hash(),
			NextValidatorsHash: next.Hash(),
			ConsensusHash:      digest("consensus"),
			AppHash:            digest(fmt.Sprintf("app %d", height)),
			LastResultsHash:    digest(fmt.Sprintf("results %d", height)),
			EvidenceHash:       types.EvidenceList(nil).Hash(),
			ProposerAddress:    set.Validators[int(height)%len(keys)].Address,
		}
		if height%2 == 0 {
			header.DataHash = types.Txs{}.Hash()
		}
		one := block{header: header, set: set, keys: keys}
		one.commit = one.signed(chainID, one.id(), int32(height%3), func(int) types.BlockIDFlag { return types.BlockIDFlagCommit })
		made.blocks = append(made.blocks, one)
		last = one.id()
	}
	return made
}

// signed returns a commit for `id` whose signature at each index has the flag that `flag` gives it.
func (b block) signed(chain string, id types.BlockID, round int32, flag func(int) types.BlockIDFlag) *types.Commit {
	commit := &types.Commit{Height: b.header.Height, Round: round, BlockID: id}
	for at, private := range b.keys {
		one := types.CommitSig{BlockIDFlag: flag(at)}
		if one.BlockIDFlag != types.BlockIDFlagAbsent {
			one.ValidatorAddress = private.PubKey().Address()
			one.Timestamp = b.header.Time.Add(time.Duration(at+1) * 1000000 * time.Nanosecond)
			voted := id
			if one.BlockIDFlag == types.BlockIDFlagNil {
				voted = types.BlockID{}
			}
			vote := &cmtproto.Vote{
				Type: cmtproto.PrecommitType, Height: b.header.Height, Round: round,
				BlockID: voted.ToProto(), Timestamp: one.Timestamp,
			}
			var err error
			one.Signature, err = private.Sign(types.VoteSignBytes(chain, vote))
			must(err)
		}
		commit.Signatures = append(commit.Signatures, one)
	}
	return commit
}
