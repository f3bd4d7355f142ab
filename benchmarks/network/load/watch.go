package main

import (
	"sync"
	"time"
)

// watch reads block after block, as soon as each is there, and notes which transactions they hold.
type watch struct {
	chain   chain
	next    int64
	blocks  int // with a transaction of ours
	lock    sync.Mutex
	waiting map[string]*transaction
	early   map[string]time.Time // in a block that was read before the answer to its post
	ending  chan struct{}
	ended   chan struct{}
}

func newWatch(one chain, height int64) *watch {
	return &watch{
		chain: one, next: height + 1, waiting: map[string]*transaction{}, early: map[string]time.Time{},
		ending: make(chan struct{}), ended: make(chan struct{}),
	}
}

func (w *watch) sent(one chain, tx *transaction) error {
	key, err := one.send(tx.raw)
	if err != nil {
		return err
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	if at, ok := w.early[key]; ok {
		tx.seen = at
		delete(w.early, key)
	} else {
		w.waiting[key] = tx
	}
	return nil
}

func (w *watch) missing() int {
	w.lock.Lock()
	defer w.lock.Unlock()
	return len(w.waiting)
}

func (w *watch) follow() {
	defer close(w.ended)
	for {
		keys, ok, err := w.chain.block(w.next)
		if err != nil || !ok {
			select {
			case <-w.ending:
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		w.note(keys, time.Now())
		w.next++
	}
}

func (w *watch) note(keys []string, at time.Time) {
	w.lock.Lock()
	defer w.lock.Unlock()
	for _, key := range keys {
		if tx, ok := w.waiting[key]; ok {
			tx.seen = at
			delete(w.waiting, key)
		} else {
			w.early[key] = at
		}
	}
	if len(keys) > 0 {
		w.blocks++
	}
}

func (w *watch) stop() {
	close(w.ending)
	<-w.ended
}
