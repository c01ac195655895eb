//go:build !wasm && !tinygo.wasm

package wasi

import (
	"crypto/rand"
	"time"
)

// Random fills data with random bytes. It is false when the host has none.
func Random(data []byte) bool {
	_, err := rand.Read(data)
	return err == nil
}

// Now is the time in Unix nanoseconds. It is false when the host does not tell.
func Now() (int64, bool) {
	return time.Now().UnixNano(), true
}
