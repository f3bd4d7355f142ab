package main

import (
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

type committedCase struct {
	Name  string `json:"name"`
	Chain string `json:"chain"`
	Steps []struct{ Header, Commit, Validators string }
}

type committedFile struct {
	Trusted []struct {
		Public string
		Power  int64
	}
	Cases []committedCase
}

// judge says which of our committed headers CometBFT's light client believes, step by step.
func judge(path string) row {
	file := committedFile{}
	if err := json.Unmarshal(must(os.ReadFile(path)), &file); err != nil {
		panic(err)
	}
	list := []*types.Validator{}
	for _, one := range file.Trusted {
		list = append(list, types.NewValidator(ed25519.PubKey(unhex(one.Public)), one.Power))
	}
	trusted := types.NewValidatorSet(list)
	answers := row{}
	for _, one := range file.Cases {
		answers[one.Name] = believe(trusted, one) == nil
	}
	return answers
}

func believe(trusted *types.ValidatorSet, one committedCase) error {
	if len(one.Steps) == 0 {
		return errors.New("no step")
	}
	var before *types.LightBlock
	for _, step := range one.Steps {
		block, err := lightBlock(step.Header, step.Commit, step.Validators)
		if err != nil {
			return err
		}
		if err = block.ValidateBasic(one.Chain); err != nil {
			return err
		}
		if before == nil { // the genesis is no header: what is left of a skip is this
			if err = trusted.VerifyCommitLightTrustingAllSignatures(one.Chain, block.Commit, third); err != nil {
				return err
			}
			err = block.ValidatorSet.VerifyCommitLightAllSignatures(one.Chain, block.Commit.BlockID, block.Height, block.Commit)
		} else {
			now := block.Time.Add(time.Minute)
			err = light.Verify(before.SignedHeader, before.ValidatorSet, block.SignedHeader, block.ValidatorSet,
				100*365*24*time.Hour, now, time.Hour, third)
			if err == nil {
				err = block.ValidatorSet.VerifyCommitLightAllSignatures(one.Chain, block.Commit.BlockID, block.Height, block.Commit)
			}
		}
		if err != nil {
			return err
		}
		before = block
	}
	return nil
}

func lightBlock(header, commit, set string) (*types.LightBlock, error) {
	message := cmtproto.LightBlock{
		SignedHeader: &cmtproto.SignedHeader{Header: &cmtproto.Header{}, Commit: &cmtproto.Commit{}},
		ValidatorSet: &cmtproto.ValidatorSet{},
	}
	for _, part := range []struct {
		raw  string
		into interface{ Unmarshal([]byte) error }
	}{{header, message.SignedHeader.Header}, {commit, message.SignedHeader.Commit}, {set, message.ValidatorSet}} {
		if err := part.into.Unmarshal(unhex(part.raw)); err != nil {
			return nil, err
		}
	}
	if len(message.ValidatorSet.Validators) == 0 {
		return nil, errors.New("no validators")
	}
	message.ValidatorSet.Proposer = message.ValidatorSet.Validators[0] // our form leaves it out; the hash does not cover it
	return types.LightBlockFromProto(&message)
}

// readGenesis says what CometBFT reads in the genesis file that we make.
func readGenesis(path string) row {
	doc := must(types.GenesisDocFromFile(path))
	return row{
		"chain_id":        doc.ChainID,
		"time_ms":         doc.GenesisTime.UnixMilli(),
		"initial_height":  doc.InitialHeight,
		"validators_hash": shown(doc.ValidatorHash()),
		"consensus_hash":  shown(doc.ConsensusParams.Hash()),
		"max_bytes":       doc.ConsensusParams.Block.MaxBytes,
		"extensions":      doc.ConsensusParams.ABCI.VoteExtensionsEnableHeight,
	}
}
