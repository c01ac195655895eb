package main

import "unicode/utf8"

// mostState bounds the keys and values of one session together.
const mostState = 16 << 20

// stateStore is what a guest may read and write; keys are texts.
type stateStore struct {
	values map[string][]byte
	used   int
}

func newStateStore(start map[string][]byte) *stateStore {
	store := &stateStore{values: map[string][]byte{}}
	for key, value := range start {
		store.values[key] = value
		store.used += len(key) + len(value)
	}
	return store
}

func (s *stateStore) get(key []byte) ([]byte, bool) {
	value, found := s.values[string(key)]
	return value, found
}

// put keeps a value; it refuses a key that is no text, and what would make the store too large.
func (s *stateStore) put(key, value []byte) bool {
	if !utf8.Valid(key) {
		return false
	}
	used := s.used + len(value)
	if old, found := s.values[string(key)]; found {
		used -= len(old)
	} else {
		used += len(key)
	}
	if used > mostState {
		return false
	}
	s.used = used
	s.values[string(key)] = value
	return true
}
