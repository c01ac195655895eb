//go:build !wasm && !tinygo.wasm

package host

import "plugbay.dev/guest/internal/wasi"

// Host is what stands in for the host.
type Host interface {
	Log(level uint32, text string)
	Now() int64
	Random(data []byte)
}

// Current is the stand-in; nil logs nowhere and has the machine's time and randomness.
var Current Host

// Log writes a line to the host's log.
func Log(level uint32, text string) {
	if Current != nil {
		Current.Log(level, text)
	}
}

// Now is the time in Unix nanoseconds.
func Now() int64 {
	if Current != nil {
		return Current.Now()
	}
	now, _ := wasi.Now()
	return now
}

// Random fills data with random bytes.
func Random(data []byte) {
	if Current != nil {
		Current.Random(data)
		return
	}
	wasi.Random(data)
}
