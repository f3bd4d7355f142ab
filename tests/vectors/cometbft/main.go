// Command facts writes what CometBFT's own code answers, as JSON: the oracle of salus.cometbft.
//
//	go run . -seed 1 -committed committed.json -genesis genesis.json
//
// Everything is drawn from the seed, so that the same seed gives the same bytes. ../cometbft_facts.py runs it.
package main

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"log"
	"math/rand"
	"os"
)

type row = map[string]any

// draw is where all cases come from.
type draw struct{ *rand.Rand }

func (d draw) bytes(size int) []byte {
	made := make([]byte, size)
	d.Read(made)
	return made
}

func shown(raw []byte) string { return hex.EncodeToString(raw) }

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	seed := flag.Int64("seed", 1, "what the cases are drawn from")
	rounds := flag.Int("rounds", 8, "how many cases of each kind")
	committed := flag.String("committed", "", "committed headers to judge")
	genesis := flag.String("genesis", "", "a genesis file to read")
	flag.Parse()

	d := draw{rand.New(rand.NewSource(*seed))}
	facts := row{
		"about":           "What CometBFT v0.39.4 answers to cases drawn from a seed; made by main.go.",
		"seed":            *seed,
		"headers":         headers(d, *rounds),
		"validators":      validatorSets(d, *rounds),
		"votes":           votes(d, *rounds),
		"proposals":       proposals(d, *rounds),
		"roots":           roots(d),
		"signatures":      signatures(d),
		"commits":         commits(d, *rounds),
		"duplicate_votes": duplicateVotes(d),
		"attacks":         attacks(d),
		"evidence":        evidenceLists(d),
	}
	if *committed != "" {
		facts["committed"] = judge(*committed)
	}
	if *genesis != "" {
		facts["genesis"] = readGenesis(*genesis)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(facts); err != nil {
		log.Fatal(err)
	}
}
