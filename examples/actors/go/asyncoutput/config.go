package main

import "errors"

// mostChunk is the largest chunk; metadata.json says the same.
const mostChunk = 1_000

// settings are the readings per report, and the limit above which a reading is an alert.
type settings struct {
	chunk int64
	limit *int64
}

func defaults() settings {
	return settings{chunk: 10}
}

// targets says where each setting of the JSON goes.
func (s *settings) targets() map[string]any {
	return map[string]any{"chunk": &s.chunk, "limit": &s.limit}
}

// check refuses settings out of range.
func (s *settings) check() error {
	if s.chunk < 1 || s.chunk > mostChunk {
		return errors.New("chunk must be from 1 to 1000")
	}
	return nil
}
