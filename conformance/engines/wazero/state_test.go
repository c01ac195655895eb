package main

import "testing"

func TestAStoreRefusesWhatItCannotHold(t *testing.T) {
	start := map[string][]byte{"a": []byte("1")}
	store := newStateStore(start)
	if !store.put([]byte("b"), make([]byte, mostState-3)) {
		t.Fatal("what fits was refused")
	}
	if store.put([]byte("c"), nil) {
		t.Error("one byte too many was taken")
	}
	if store.put([]byte{0xff}, nil) {
		t.Error("a key that is no text was taken")
	}
	if !store.put([]byte("b"), nil) || !store.put([]byte("c"), []byte("x")) {
		t.Error("room that was given back is not there")
	}
	if len(start) != 1 {
		t.Error("the setting was changed")
	}
}
