package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

type transactionFact struct {
	Transactions []string `json:"transactions"`
	Root         string   `json:"root"`
}

func transactionFacts() []transactionFact {
	var found []transactionFact
	for _, count := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 100} {
		fact := transactionFact{Transactions: []string{}}
		var txs types.Txs
		for at := 0; at < count; at++ {
			raw := []byte(fmt.Sprintf("transaction %d", at))
			txs = append(txs, raw)
			fact.Transactions = append(fact.Transactions, text(raw))
		}
		fact.Root = text(txs.Hash())
		found = append(found, fact)
	}
	return found
}

// blockFact holds protobuf encodings as CometBFT makes them, and the hashes.
type blockFact struct {
	Height         int64    `json:"height"`
	Header         string   `json:"header"`
	Hash           string   `json:"hash"`
	Commit         string   `json:"commit"`
	Validators     string   `json:"validators"`
	ValidatorsHash string   `json:"validators_hash"`
	Addresses      []string `json:"addresses"`
	Proposer       string   `json:"proposer"`  // of a set that is new at this height
	Proposers      []string `json:"proposers"` // addresses, of the rounds after
}

func (c *chain) blockFacts() []blockFact {
	var found []blockFact
	for _, one := range c.blocks {
		header, err := one.header.ToProto().Marshal()
		must(err)
		fact := blockFact{
			Height: one.header.Height, Header: text(header), Hash: text(one.header.Hash()),
			Commit: commitBytes(one.commit), Validators: setBytes(one.set), ValidatorsHash: text(one.set.Hash()),
			Proposer: text(one.set.GetProposer().Address),
		}
		for _, validator := range one.set.Validators {
			fact.Addresses = append(fact.Addresses, text(validator.Address))
		}
		turning := one.set.Copy()
		for round := 0; round < 12; round++ {
			turning.IncrementProposerPriority(1)
			fact.Proposers = append(fact.Proposers, text(turning.GetProposer().Address))
		}
		found = append(found, fact)
	}
	return found
}

func commitBytes(commit *types.Commit) string {
	raw, err := commit.ToProto().Marshal()
	must(err)
	return text(raw)
}

func setBytes(set *types.ValidatorSet) string {
	message, err := set.ToProto()
	must(err)
	raw, err := message.Marshal()
	must(err)
	return text(raw)
}

// voteFact is what a validator signs: the vote as protobuf, and the bytes under the signature.
type voteFact struct {
	ChainID string `json:"chain_id"`
	Vote    string `json:"vote"`
	Signed  string `json:"signed"`
}

func (c *chain) voteFacts() []voteFact {
	whole := c.at(3)
	var found []voteFact
	for _, id := range []types.BlockID{whole.id(), {}} {
		for _, kind := range []cmtproto.SignedMsgType{cmtproto.PrevoteType, cmtproto.PrecommitType} {
			for _, chain := range []string{chainID, "x", ""} {
				for _, round := range []int32{0, 1, 300} {
					for _, at := range []time.Time{start, time.Unix(1, 0).UTC(), {}} {
						vote := &cmtproto.Vote{Type: kind, Height: 3, Round: round, BlockID: id.ToProto(), Timestamp: at}
						raw, err := vote.Marshal()
						must(err)
						found = append(found, voteFact{chain, text(raw), text(types.VoteSignBytes(chain, vote))})
					}
				}
			}
		}
	}
	return found
}

// commitFact is a commit for the header of a height of the chain, and what `VerifyCommitLight` and `VerifyCommit` say.
type commitFact struct {
	Name   string `json:"name"`
	Height int64  `json:"height"`
	Commit string `json:"commit"`
	Basic  bool   `json:"basic"` // SignedHeader.ValidateBasic
	Light  bool   `json:"light"` // signatures are looked at until enough power has signed
	Whole  bool   `json:"whole"` // every signature is looked at
}

func flags(list string) func(int) types.BlockIDFlag {
	return func(at int) types.BlockIDFlag {
		return map[byte]types.BlockIDFlag{
			'a': types.BlockIDFlagAbsent, 'c': types.BlockIDFlagCommit, 'n': types.BlockIDFlagNil,
		}[list[at]]
	}
}

func (c *chain) commitFacts() []commitFact {
	var found []commitFact
	add := func(name string, of block, commit *types.Commit) {
		signed := types.SignedHeader{Header: of.header, Commit: commit}
		light := types.VerifyCommitLight(chainID, of.set, of.id(), of.header.Height, commit)
		whole := types.VerifyCommit(chainID, of.set, of.id(), of.header.Height, commit)
		basic := signed.ValidateBasic(chainID)
		found = append(found, commitFact{name, of.header.Height, commitBytes(commit), basic == nil, light == nil, whole == nil})
	}
	one := c.at(1) // four of equal power: three must sign
	for _, list := range []string{"cccc", "ccca", "acac", "ccaa", "cccn", "ccnn", "nnnn", "accc", "nccc", "aaaa"} {
		add("equal powers, "+list, one, one.signed(chainID, one.id(), 0, flags(list)))
	}
	uneven := c.at(5) // 25, 10, 10, 7: of 52 more than 34 must sign
	for _, list := range []string{"cccc", "ccaa", "caac", "cana", "accc", "aacc", "cacn", "cnna"} {
		add("uneven powers, "+list, uneven, uneven.signed(chainID, uneven.id(), 2, flags(list)))
	}
	exact := c.at(9) // 30, 30, 7
	for _, list := range []string{"ccc", "cca", "cac", "acc", "caa"} {
		add("three, "+list, exact, exact.signed(chainID, exact.id(), 0, flags(list)))
	}
	changed := func(name string, change func(*types.Commit)) {
		commit := one.signed(chainID, one.id(), 0, flags("cccc"))
		change(commit)
		add(name, one, commit)
	}
	for at := 0; at < 4; at++ {
		changed(fmt.Sprintf("signature %d changed", at), func(commit *types.Commit) { commit.Signatures[at].Signature[5] ^= 1 })
	}
	changed("time of a vote changed", func(commit *types.Commit) {
		commit.Signatures[0].Timestamp = commit.Signatures[0].Timestamp.Add(time.Nanosecond)
	})
	changed("round changed", func(commit *types.Commit) { commit.Round = 1 })
	changed("height changed", func(commit *types.Commit) { commit.Height = 2 })
	changed("block changed", func(commit *types.Commit) { commit.BlockID.Hash = digest("another") })
	changed("parts changed", func(commit *types.Commit) { commit.BlockID.PartSetHeader.Total = 2 })
	changed("two signatures exchanged", func(commit *types.Commit) {
		commit.Signatures[0], commit.Signatures[1] = commit.Signatures[1], commit.Signatures[0]
	})
	changed("one signature twice", func(commit *types.Commit) { commit.Signatures[1] = commit.Signatures[0] })
	changed("one signature left out", func(commit *types.Commit) { commit.Signatures = commit.Signatures[:3] })
	changed("one signature more", func(commit *types.Commit) {
		commit.Signatures = append(commit.Signatures, commit.Signatures[0])
	})
	changed("no signature", func(commit *types.Commit) { commit.Signatures = nil })
	changed("the last address changed", func(commit *types.Commit) { commit.Signatures[3].ValidatorAddress = digest("x")[:20] })
	changed("a signature of 63 bytes", func(commit *types.Commit) {
		commit.Signatures[3].Signature = commit.Signatures[3].Signature[:63]
	})
	changed("nil vote whose signature is for the block", func(commit *types.Commit) {
		commit.Signatures[3].BlockIDFlag = types.BlockIDFlagNil
	})
	add("another chain", one, one.signed("another-chain", one.id(), 0, flags("cccc")))
	add("another block", one, one.signed(chainID, c.at(2).id(), 0, flags("cccc")))
	return found
}

// trustingFact asks whether more than a third of the set of one height signed the commit of another.
type trustingFact struct {
	Trusted int64 `json:"trusted"`
	Height  int64 `json:"height"`
	Enough  bool  `json:"enough"`
}

func (c *chain) trustingFacts() []trustingFact {
	var found []trustingFact
	third := cmtmath.Fraction{Numerator: 1, Denominator: 3}
	for _, trusted := range c.blocks {
		for _, one := range c.blocks {
			err := types.VerifyCommitLightTrusting(chainID, trusted.set, one.commit, third)
			found = append(found, trustingFact{trusted.header.Height, one.header.Height, err == nil})
		}
	}
	return found
}

// skipFact is one step of the light client: from a trusted height to another one, at a time.
type skipFact struct {
	Trusted int64  `json:"trusted"`
	Height  int64  `json:"height"`
	Now     int64  `json:"now_ns"` // since 1970
	Period  int64  `json:"period_ns"`
	Drift   int64  `json:"drift_ns"`
	Outcome string `json:"outcome"`
}

func (c *chain) skipFacts() []skipFact {
	var found []skipFact
	add := func(trusted, height int64, now time.Time, period, drift time.Duration) {
		old, one := c.at(trusted), c.at(height)
		err := light.Verify(
			&types.SignedHeader{Header: old.header, Commit: old.commit}, old.set,
			&types.SignedHeader{Header: one.header, Commit: one.commit}, one.set,
			period, now, drift, light.DefaultTrustLevel,
		)
		found = append(found, skipFact{trusted, height, now.UnixNano(), int64(period), int64(drift), outcome(err)})
	}
	now := c.at(length).header.Time.Add(time.Second)
	for trusted := int64(1); trusted <= length; trusted++ {
		for height := int64(1); height <= length; height++ {
			add(trusted, height, now, time.Hour, time.Second)
		}
	}
	first, last := c.at(1).header.Time, c.at(2).header.Time
	add(1, 2, first.Add(time.Hour-time.Nanosecond), time.Hour, time.Second)
	add(1, 2, first.Add(time.Hour), time.Hour, time.Second)
	add(1, 2, last.Add(-time.Second), time.Hour, time.Second)
	add(1, 2, last.Add(-time.Second+time.Nanosecond), time.Hour, time.Second)
	return found
}

func outcome(err error) string {
	var expired light.ErrOldHeaderExpired
	var untrusted light.ErrNewValSetCantBeTrusted
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &expired):
		return "expired"
	case errors.As(err, &untrusted):
		return "untrusted"
	default:
		return "invalid"
	}
}

// signatureFact is an edge of Ed25519 as ZIP-215 settles it.
type signatureFact struct {
	Public    string `json:"public"`
	Message   string `json:"message"`
	Signature string `json:"signature"`
	Valid     bool   `json:"valid"`
}

// lowOrder are encodings of the points of low order, canonical and not, without and with the sign.
var lowOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

func points() [][]byte {
	var found [][]byte
	for _, one := range lowOrder {
		plain, err := hex.DecodeString(one)
		must(err)
		signed := append([]byte{}, plain...)
		signed[31] |= 0x80
		found = append(found, plain, signed)
	}
	return found
}

func signatureFacts() []signatureFact {
	var found []signatureFact
	add := func(public, message, signature []byte) {
		valid := ed25519.PubKey(public).VerifySignature(message, signature)
		found = append(found, signatureFact{text(public), text(message), text(signature), valid})
	}
	message := []byte("Zcash")
	for _, public := range points() {
		for _, commitment := range points() {
			add(public, message, append(append([]byte{}, commitment...), make([]byte, 32)...))
		}
	}
	private := key("edge")
	signature, err := private.Sign(message)
	must(err)
	add(private.PubKey().Bytes(), message, signature)
	add(private.PubKey().Bytes(), []byte("other"), signature)
	grown := append([]byte{}, signature...) // S of the group order more
	carry := uint64(0)
	for at, part := range []uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000} {
		place := grown[32+8*at:]
		sum := binary.LittleEndian.Uint64(place) + part
		over := uint64(0)
		if sum < part {
			over = 1
		}
		if sum+carry < sum {
			over = 1
		}
		binary.LittleEndian.PutUint64(place, sum+carry)
		carry = over
	}
	add(private.PubKey().Bytes(), message, grown)
	add(private.PubKey().Bytes(), message, signature[:63])
	add(private.PubKey().Bytes(), message, append(append([]byte{}, signature...), 0))
	return found
}
