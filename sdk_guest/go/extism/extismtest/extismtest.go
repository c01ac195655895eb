//go:build !wasm && !tinygo.wasm

// Package extismtest stands in for Extism in the tests of a plugin, which run natively.
package extismtest

import (
	"testing"

	"plugbay.dev/guest/extism"
	"plugbay.dev/guest/extism/internal/host"
)

// A Host is what the plugin finds around it, and what it left there.
type Host struct {
	// Config is the plugin's config.
	Config map[string]string
	// Vars are the plugin's variables.
	Vars map[string][]byte
	// Responses are the answers to HTTP requests, by URL. Another request fails the test.
	Responses map[string]extism.Response

	// Logs are the lines that were logged, such as "warn: that is odd".
	Logs []string
	// Requests are the HTTP requests that were made.
	Requests []extism.Request
}

// New makes a host and lets the plugin meet it until the test ends. Tests that use it can't run in parallel.
func New(t *testing.T) *Host {
	t.Helper()
	h := &Host{Config: map[string]string{}, Vars: map[string][]byte{}, Responses: map[string]extism.Response{}}
	before := host.Current
	host.Current = &standIn{t: t, h: h}
	t.Cleanup(func() { host.Current = before })
	return h
}

// Call calls a function of the plugin as a host does, and returns its output, or the text of its error and false.
func (h *Host) Call(function func() int32, input []byte) (string, bool) {
	current := host.Current.(*standIn)
	current.input, current.output, current.failure = input, nil, ""
	if function() != 0 {
		return current.failure, false
	}
	return string(current.output), true
}

type standIn struct {
	t             *testing.T
	h             *Host
	input, output []byte
	failure       string
}

func (s *standIn) Input() []byte      { return append([]byte{}, s.input...) }
func (s *standIn) Output(data []byte) { s.output = append([]byte{}, data...) }
func (s *standIn) Fail(text string)   { s.failure = text }

func (s *standIn) Config(key string) (string, bool) {
	value, found := s.h.Config[key]
	return value, found
}

func (s *standIn) Var(key string) ([]byte, bool) {
	value, found := s.h.Vars[key]
	return value, found
}

func (s *standIn) SetVar(key string, value []byte) { s.h.Vars[key] = append([]byte{}, value...) }
func (s *standIn) RemoveVar(key string)            { delete(s.h.Vars, key) }

func (s *standIn) Log(level int, text string) {
	s.h.Logs = append(s.h.Logs, extism.Level(level).String()+": "+text)
}

func (s *standIn) HTTP(request host.Request) host.Response {
	s.h.Requests = append(s.h.Requests, extism.Request(request))
	response, found := s.h.Responses[request.URL]
	if !found {
		s.t.Fatalf("there is no response for %s", request.URL)
	}
	return host.Response(response)
}
