//go:build !wasm && !tinygo.wasm

// Package packedtest stands in for PrioStack in the tests of byte functions, which run natively.
package packedtest

import (
	"testing"

	"plugbay.dev/guest/packed"
	"plugbay.dev/guest/packed/internal/host"
)

// A Host is what the functions find around them, and what they left there.
type Host struct {
	// Time is what Now tells, in Unix nanoseconds.
	Time int64
	// Byte is what Random is made of.
	Byte byte

	// Logs are the lines that were logged, such as "warn: that is odd".
	Logs []string
}

// New makes a host and lets the functions meet it until the test ends. Tests that use it can't run in parallel.
func New(t *testing.T) *Host {
	t.Helper()
	h := &Host{}
	host.Current = standIn{h}
	t.Cleanup(func() { host.Current = nil })
	return h
}

type standIn struct {
	h *Host
}

func (s standIn) Log(level uint32, text string) {
	s.h.Logs = append(s.h.Logs, packed.Level(level).String()+": "+text)
}

func (s standIn) Now() int64 {
	return s.h.Time
}

func (s standIn) Random(data []byte) {
	for i := range data {
		data[i] = s.h.Byte
	}
}
