// Facts from CometBFT's own code, for whoever reads the same bytes in another language: the program prints them as JSON.
//
// Everything is derived from labels, so that it prints the same at each run: keys from SHA-256 of a name, times from a
// fixed one, and signatures of Ed25519, which are deterministic.
package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
)

type facts struct {
	CometBFT     string            `json:"cometbft"`
	ChainID      string            `json:"chain_id"`
	Transactions []transactionFact `json:"transactions"`
	Blocks       []blockFact       `json:"blocks"`
	Votes        []voteFact        `json:"votes"`
	Commits      []commitFact      `json:"commits"`
	Trusting     []trustingFact    `json:"trusting"`
	Skips        []skipFact        `json:"skips"`
	Signatures   []signatureFact   `json:"signatures"`
}

func main() {
	chain := newChain()
	out := facts{
		CometBFT:     "v0.39.4",
		ChainID:      chainID,
		Transactions: transactionFacts(),
		Blocks:       chain.blockFacts(),
		Votes:        chain.voteFacts(),
		Commits:      chain.commitFacts(),
		Trusting:     chain.trustingFacts(),
		Skips:        chain.skipFacts(),
		Signatures:   signatureFacts(),
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	must(encoder.Encode(out))
}

func text(raw []byte) string {
	return hex.EncodeToString(raw)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
