// Command load posts prepared transactions to a network at an even pace and says when they stood in a block.
//
// It speaks the JSON-RPC of CometBFT (broadcast_tx_sync, block) or of Ethereum (eth_sendRawTransaction,
// eth_getBlockByNumber), so that networks of both kinds meet the same load. A file holds the transactions: each is its
// length in four bytes (big-endian), its weight in four bytes (how many consent changes it carries), and its bytes.
// Due times are fixed before it starts: a network that falls behind is not waited for, and its latency shows it.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type transaction struct {
	raw    []byte
	weight int
	due    time.Time // when it was to be sent
	seen   time.Time // when a block with it was read
}

type result struct {
	Offered   float64 `json:"offered_per_s"`
	Committed int     `json:"committed"`
	Refused   int     `json:"refused"`
	Missing   int     `json:"missing"`
	Rate      float64 `json:"committed_per_s"`
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms"`
	P99       float64 `json:"p99_ms"`
	Blocks    int     `json:"blocks"`
	Bytes     float64 `json:"bytes_each"`
	LastError string  `json:"last_error,omitempty"`
}

// chain is what differs between the two kinds of network.
type chain interface {
	// send posts a transaction and returns the key by which blocks name it.
	send(raw []byte) (key string, err error)
	// block returns the keys of the transactions of a block; ok is false where there is none yet.
	block(height int64) (keys []string, ok bool, err error)
	height() (int64, error)
}

func main() {
	dialect := flag.String("chain", "cometbft", "cometbft or ethereum")
	urls := flag.String("urls", "", "RPC addresses, separated by commas; transactions go to them in turn")
	file := flag.String("file", "", "the transactions")
	rate := flag.Float64("rate", 100, "weight to offer each second")
	seconds := flag.Float64("seconds", 10, "how long to offer")
	connections := flag.Int("connections", 32, "requests under way at once at each address")
	settle := flag.Float64("settle", 15, "seconds to wait for what was accepted and is in no block yet")
	flag.Parse()
	if err := run(*dialect, strings.Split(*urls, ","), *file, *rate, *seconds, *connections, *settle); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(dialect string, urls []string, file string, rate, seconds float64, connections int, settle float64) error {
	all, err := read(file, int(rate*seconds))
	if err != nil {
		return err
	}
	chains := make([]chain, len(urls))
	for i, url := range urls {
		if dialect == "ethereum" {
			chains[i] = newEthereum(url, connections)
		} else {
			chains[i] = newComet(url, connections)
		}
	}
	start, err := chains[0].height()
	if err != nil {
		return err
	}
	watch := newWatch(chains[0], start)
	go watch.follow()
	refused, last := offer(chains, all, rate, connections, watch)
	deadline := time.Now().Add(time.Duration(settle * float64(time.Second)))
	for watch.missing() > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	watch.stop()
	return json.NewEncoder(os.Stdout).Encode(summary(all, watch.blocks, refused, last))
}

// offer sends every transaction when it is due, in turn to the chains.
func offer(chains []chain, all []*transaction, rate float64, connections int, watch *watch) (int, string) {
	queues := make([]chan *transaction, len(chains))
	var workers sync.WaitGroup
	var refused atomic.Int64
	var last atomic.Value
	last.Store("")
	for i, one := range chains {
		queues[i] = make(chan *transaction, len(all))
		for range connections {
			workers.Add(1)
			go func() {
				defer workers.Done()
				for tx := range queues[i] {
					if err := watch.sent(one, tx); err != nil {
						refused.Add(1)
						last.Store(err.Error())
					}
				}
			}()
		}
	}
	begin, weight := time.Now().Add(100*time.Millisecond), 0
	for i, tx := range all {
		tx.due = begin.Add(time.Duration(float64(weight) / rate * float64(time.Second)))
		weight += tx.weight
		time.Sleep(time.Until(tx.due))
		queues[i%len(queues)] <- tx
	}
	for _, queue := range queues {
		close(queue)
	}
	workers.Wait()
	return int(refused.Load()), last.Load().(string)
}

func read(path string, most int) ([]*transaction, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, 1<<20)
	var all []*transaction
	var head [8]byte
	for weight := 0; weight < most; {
		if _, err := io.ReadFull(reader, head[:]); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		tx := &transaction{raw: make([]byte, binary.BigEndian.Uint32(head[:4])), weight: int(binary.BigEndian.Uint32(head[4:]))}
		if _, err := io.ReadFull(reader, tx.raw); err != nil {
			return nil, err
		}
		weight += tx.weight
		all = append(all, tx)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no transactions", path)
	}
	return all, nil
}

// steady returns how much weight was seen in blocks each second, from a quarter of the time of offering until its end:
// what a block takes at first is then not counted against a network with few blocks.
func steady(all []*transaction, first, last time.Time) float64 {
	begin := first.Add(last.Sub(first) / 4)
	weight := 0
	for _, tx := range all {
		if tx.seen.After(begin) && !tx.seen.After(last) {
			weight += tx.weight
		}
	}
	return float64(weight) / last.Sub(begin).Seconds()
}

func summary(all []*transaction, blocks, refused int, last string) result {
	var first, lastDue time.Time
	var latencies []float64
	found := result{Refused: refused, Blocks: blocks, LastError: last}
	total, bytes := 0, 0
	for _, tx := range all {
		if first.IsZero() {
			first = tx.due
		}
		lastDue = tx.due
		total += tx.weight
		bytes += len(tx.raw)
		if tx.seen.IsZero() {
			found.Missing += tx.weight
			continue
		}
		found.Committed += tx.weight
		for range tx.weight {
			latencies = append(latencies, float64(tx.seen.Sub(tx.due).Microseconds())/1000)
		}
	}
	found.Missing -= refused
	found.Bytes = float64(bytes) / float64(total)
	found.Offered = float64(total) / lastDue.Sub(first).Seconds()
	if found.Committed > 0 {
		found.Rate = steady(all, first, lastDue)
		sort.Float64s(latencies)
		at := func(share float64) float64 { return latencies[int(share*float64(len(latencies)-1))] }
		found.P50, found.P95, found.P99 = at(0.50), at(0.95), at(0.99)
	}
	return found
}
