package main

import "testing"

func TestABlockHoldsWhatItWasFilledWithAndNothingElse(t *testing.T) {
	for size := range 40 {
		block := make([]byte, size)
		fill(block, pattern(3))
		if !holds(block, pattern(3)) {
			t.Fatalf("a block of %d bytes does not hold its own", size)
		}
		if size > 0 && holds(block, pattern(4)) {
			t.Fatalf("a block of %d bytes holds another's", size)
		}
		for place := range block {
			block[place] ^= 1
			if holds(block, pattern(3)) {
				t.Fatalf("byte %d of %d was changed, and nobody saw it", place, size)
			}
			block[place] ^= 1
		}
	}
}
