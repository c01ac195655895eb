package main

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

func TestTheStreamIsTheBlocksOfTheSeedWhateverPiecesItIsReadIn(t *testing.T) {
	var want []byte
	for counter := range 4 {
		block := sha256.Sum256([]byte{7, 0, 0, 0, 0, 0, 0, 0, byte(counter), 0, 0, 0, 0, 0, 0, 0})
		want = append(want, block[:]...)
	}
	stream := &randomStream{seed: 7}
	var got []byte
	for _, size := range []int{0, 1, 31, 33, 63} {
		piece := make([]byte, size)
		if n, err := stream.Read(piece); n != size || err != nil {
			t.Fatalf("read %d bytes with %v, not %d", n, err, size)
		}
		got = append(got, piece...)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}
