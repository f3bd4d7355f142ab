package main

import (
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
)

const chain = "salus-oracle"

var start = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

func (d draw) hash() []byte { return d.bytes(tmhash.Size) }

func (d draw) blockID() types.BlockID {
	return types.BlockID{
		Hash:          d.hash(),
		PartSetHeader: types.PartSetHeader{Total: uint32(1 + d.Intn(300)), Hash: d.hash()},
	}
}

func (d draw) time() time.Time {
	return start.Add(time.Duration(d.Int63n(1 << 50)))
}

func (d draw) header(height int64) types.Header {
	last := types.BlockID{}
	if height > 1 {
		last = d.blockID()
	}
	return types.Header{
		Version:            cmtversion.Consensus{Block: 11, App: uint64(d.Intn(3))},
		ChainID:            chain,
		Height:             height,
		Time:               d.time(),
		LastBlockID:        last,
		LastCommitHash:     d.hash(),
		DataHash:           d.hash(),
		ValidatorsHash:     d.hash(),
		NextValidatorsHash: d.hash(),
		ConsensusHash:      d.hash(),
		AppHash:            d.hash(),
		LastResultsHash:    d.hash(),
		EvidenceHash:       d.hash(),
		ProposerAddress:    d.bytes(20),
	}
}

func headers(d draw, rounds int) []row {
	made := []types.Header{{ValidatorsHash: d.hash()}} // nothing else: every other field is left out or zero
	for i := range rounds {
		made = append(made, d.header(int64(1+i*i*i*1000)))
	}
	made[1].Time = time.Unix(1_700_000_000, 0).UTC()
	made[2].AppHash = d.bytes(5)
	made[3].EvidenceHash = nil
	rows := []row{}
	for _, one := range made {
		rows = append(rows, row{"header": shown(must(one.ToProto().Marshal())), "hash": shown(one.Hash())})
	}
	return rows
}

// members holds the keys of a set of validators in its order.
type members struct {
	set  *types.ValidatorSet
	keys []ed25519.PrivKey
}

func (d draw) key() ed25519.PrivKey { return ed25519.GenPrivKeyFromSecret(d.bytes(32)) }

// members gives a set of keys with random powers, or with the one given.
func (d draw) members(count int, power int64) members {
	keys := map[string]ed25519.PrivKey{}
	list := []*types.Validator{}
	for range count {
		key, given := d.key(), power
		if given == 0 {
			given = 1 + d.Int63n(1000)
			if d.Intn(3) == 0 { // equal powers are ordered by address
				given = 10
			}
		}
		keys[string(key.PubKey().Address())] = key
		list = append(list, types.NewValidator(key.PubKey(), given))
	}
	made := members{set: types.NewValidatorSet(list)}
	for _, one := range made.set.Validators {
		made.keys = append(made.keys, keys[string(one.Address)])
	}
	return made
}

// encodedSet leaves out what the hash does not cover.
func encodedSet(set *types.ValidatorSet) string {
	made := must(set.ToProto())
	made.Proposer, made.TotalVotingPower = nil, 0
	for _, one := range made.Validators {
		one.ProposerPriority = 0
	}
	return shown(must(made.Marshal()))
}

func validatorSets(d draw, rounds int) []row {
	rows := []row{}
	for i := range rounds {
		made := d.members(1+i*i/3, 0)
		list := []row{}
		for _, at := range d.Perm(made.set.Size()) {
			one := made.set.Validators[at]
			list = append(list, row{"public": shown(one.PubKey.Bytes()), "power": one.VotingPower})
		}
		rows = append(rows, row{"members": list, "set": encodedSet(made.set), "hash": shown(made.set.Hash())})
	}
	return rows
}

func votes(d draw, rounds int) []row {
	rows := []row{}
	for i := range 3 * rounds {
		vote := types.Vote{
			Type:             cmtproto.SignedMsgType(1 + i%2),
			Height:           d.Int63(),
			Round:            int32(d.Intn(4)),
			Timestamp:        d.time(),
			ValidatorAddress: d.bytes(20),
			ValidatorIndex:   int32(d.Intn(9)),
			Extension:        d.bytes(i % 5),
		}
		if i%3 > 0 {
			vote.BlockID = d.blockID()
		}
		if i == 4 {
			vote.Timestamp = time.Unix(0, 0).UTC()
		}
		if i == 5 {
			vote.Timestamp = time.Time{} // of the year 1
		}
		message := vote.ToProto()
		rows = append(rows, row{
			"chain":      chain,
			"vote":       shown(must(message.Marshal())),
			"sign_bytes": shown(types.VoteSignBytes(chain, message)),
			"extension":  shown(types.VoteExtensionSignBytes(chain, message)),
		})
	}
	return rows
}

func proposals(d draw, rounds int) []row {
	rows := []row{}
	for i := range rounds {
		made := types.NewProposal(1+d.Int63n(1<<40), int32(d.Intn(5)), int32(i%4-1), d.blockID())
		made.Timestamp = d.time()
		message := made.ToProto()
		rows = append(rows, row{
			"chain":      chain,
			"proposal":   shown(must(message.Marshal())),
			"sign_bytes": shown(types.ProposalSignBytes(chain, message)),
		})
	}
	return rows
}

func roots(d draw) row {
	transactions, results, commits, parameters := []row{}, []row{}, []row{}, []row{}
	for count := range 9 {
		txs, shownTxs := types.Txs{}, []string{}
		answers, shownAnswers := []*abci.ExecTxResult{}, []string{}
		for range count {
			tx := d.bytes(d.Intn(90))
			txs, shownTxs = append(txs, tx), append(shownTxs, shown(tx))
			one := &abci.ExecTxResult{
				Code: uint32(d.Intn(2)), Data: d.bytes(d.Intn(9)), Log: "said", Info: "too", Codespace: "salus",
				GasWanted: d.Int63n(3), GasUsed: d.Int63n(3), Events: []abci.Event{{Type: "seen"}},
			}
			answers, shownAnswers = append(answers, one), append(shownAnswers, shown(must(one.Marshal())))
		}
		transactions = append(transactions, row{"transactions": shownTxs, "root": shown(txs.Hash())})
		results = append(results, row{"results": shownAnswers, "root": shown(types.NewResults(answers).Hash())})
	}
	for count := 1; count < 6; count++ {
		made := d.members(count, 0)
		one := d.commit(made, 9, d.blockID())
		one.Signatures[0] = types.NewCommitSigAbsent()
		commits = append(commits, row{"commit": shown(must(one.ToProto().Marshal())), "root": shown(one.Hash())})
	}
	for _, one := range []types.BlockParams{{MaxBytes: 4 << 20, MaxGas: -1}, {MaxBytes: 1, MaxGas: 0}} {
		hash := types.ConsensusParams{Block: one}.Hash()
		parameters = append(parameters, row{"max_bytes": one.MaxBytes, "max_gas": one.MaxGas, "hash": shown(hash)})
	}
	return row{"transactions": transactions, "results": results, "commits": commits, "parameters": parameters}
}
