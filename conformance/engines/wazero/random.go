package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// randomStream is the blocks SHA-256(seed, counter), both as 8 little-endian bytes, counter from 0, one after the other.
type randomStream struct {
	seed, counter uint64
	rest          []byte
}

// Read fills p; it never fails.
func (r *randomStream) Read(p []byte) (int, error) {
	for filled := 0; filled < len(p); {
		if len(r.rest) == 0 {
			var in [16]byte
			binary.LittleEndian.PutUint64(in[:8], r.seed)
			binary.LittleEndian.PutUint64(in[8:], r.counter)
			block := sha256.Sum256(in[:])
			r.rest = block[:]
			r.counter++
		}
		n := copy(p[filled:], r.rest)
		r.rest = r.rest[n:]
		filled += n
	}
	return len(p), nil
}
