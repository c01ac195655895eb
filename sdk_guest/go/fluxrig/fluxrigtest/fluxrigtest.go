//go:build !wasm && !tinygo.wasm

// Package fluxrigtest stands in for fluxrig in the tests of a gear, which run natively.
//
//	func TestRefusesWithoutState(t *testing.T) {
//		host := fluxrigtest.New(t)
//		host.RefuseState = true
//		_, err := handle(&fluxrig.Message{Data: map[string]any{"card": "4111"}})
//		…
//	}
package fluxrigtest

import (
	"testing"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/fluxrig/internal/host"
	"plugbay.dev/guest/internal/cbor"
	"plugbay.dev/guest/message"
)

// A Host is what the gear finds around it, and what it left there.
type Host struct {
	// State is the gear's state.
	State map[string][]byte
	// RefuseState makes every key of the state refused.
	RefuseState bool
	// Responses are the answers to HTTP requests, by URL. Other requests are refused.
	Responses map[string]fluxrig.Response

	// Logs are the lines that were logged, such as "warn: that is odd".
	Logs []string
	// Emitted are the messages that were emitted.
	Emitted []*message.Message
	// Rejected are the reasons of rejections; only Handle and Call reject.
	Rejected []string
	// Requests are the HTTP requests that were made.
	Requests []Request
}

// A Request is one HTTP request.
type Request struct {
	// URL is where it went.
	URL string
	// Body is what was sent.
	Body []byte
}

// New makes a host and lets the gear meet it until the test ends. Tests that use it can't run in parallel.
func New(t *testing.T) *Host {
	t.Helper()
	h := &Host{State: map[string][]byte{}, Responses: map[string]fluxrig.Response{}}
	host.Current = standIn{t, h}
	t.Cleanup(func() { host.Current = nil })
	return h
}

type standIn struct {
	t *testing.T
	h *Host
}

func (s standIn) Log(level uint32, text string) {
	s.h.Logs = append(s.h.Logs, fluxrig.Level(level).String()+": "+text)
}

func (s standIn) Emit(data []byte) {
	m, err := message.Decode(data)
	if err != nil {
		s.t.Errorf("emitted what is no message: %v", err)
		return
	}
	s.h.Emitted = append(s.h.Emitted, m)
}

func (s standIn) Reject(reason string) {
	s.h.Rejected = append(s.h.Rejected, reason)
}

func (s standIn) Get(key string) ([]byte, bool) {
	value, found := s.h.State[key]
	return value, found && !s.h.RefuseState
}

func (s standIn) Put(key string, value []byte) bool {
	if !s.h.RefuseState {
		s.h.State[key] = append([]byte{}, value...)
	}
	return !s.h.RefuseState
}

func (s standIn) HTTP(url string, body []byte) ([]byte, bool) {
	s.h.Requests = append(s.h.Requests, Request{url, append([]byte{}, body...)})
	response, found := s.h.Responses[url]
	if !found {
		return nil, false
	}
	headers := response.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	encoded, err := cbor.Append(nil, map[string]any{
		"status":  response.Status,
		"headers": headers,
		"body":    append([]byte{}, response.Body...),
	})
	if err != nil {
		s.t.Errorf("the response of %s: %v", url, err)
	}
	return encoded, err == nil
}
