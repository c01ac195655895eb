// A byte function that says whether a caller may go on: each has a bucket of tokens, which fills up again with time. The
// buckets are in the instance's memory.
package main

import (
	"errors"

	"plugbay.dev/guest/packed"
)

const (
	size    = 5   // tokens in a full bucket
	refill  = 1e9 // nanoseconds for one token
	callers = 10_000
)

type bucket struct {
	tokens float64
	seen   int64
}

var buckets = map[string]bucket{}

type request struct {
	Caller string `json:"caller"`
}

type verdict struct {
	Allowed bool  `json:"allowed"`
	Left    int64 `json:"left"`
}

//go:wasmexport allow
func exportAllow(input string) packed.Result { return packed.CallJSON(input, allow) }

func allow(r request) (verdict, error) {
	if r.Caller == "" {
		return verdict{}, errors.New("key caller is empty")
	}
	now := packed.Now()
	b, known := buckets[r.Caller]
	if !known {
		forgetFull(now)
		b = bucket{size, now}
	}
	b = b.filled(now)
	allowed := b.tokens >= 1
	if allowed {
		b.tokens--
	}
	buckets[r.Caller] = b
	return verdict{allowed, int64(b.tokens)}, nil
}

// filled is the bucket with what time has added. Clocks may go back.
func (b bucket) filled(now int64) bucket {
	passed := max(0, now-b.seen)
	return bucket{min(size, b.tokens+float64(passed)/refill), now}
}

// forgetFull makes room once there are many callers: a full bucket is as good as none.
func forgetFull(now int64) {
	if len(buckets) < callers {
		return
	}
	for caller, b := range buckets {
		if b.filled(now).tokens == size {
			delete(buckets, caller)
		}
	}
	if len(buckets) >= callers {
		clear(buckets)
		packed.Warn("too many callers at once: all start anew")
	}
}

func main() {}
