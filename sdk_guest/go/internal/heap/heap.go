// Package heap keeps the memory of a guest small and steady.
package heap

import "runtime"

// every is how many calls pass between two collections: one takes a tenth of a millisecond where little is alive.
const every = 1024

var calls int

// Tick is told of each call. Left alone, Go collects for the first time when there are 4 MiB of garbage: a function that
// leaves a hundred bytes would let the memory grow for forty thousand calls, which looks like a leak to those who watch it.
func Tick() {
	if calls++; calls%every == 0 {
		runtime.GC()
	}
}
