//go:build wasm || tinygo.wasm

package host

import "unsafe"

//go:wasmimport env log
func hostLog(level uint32, at unsafe.Pointer, length uint32)

//go:wasmimport env now
func hostNow() int64

//go:wasmimport env random
func hostRandom(at unsafe.Pointer, length uint32)

// Log writes a line to the host's log.
func Log(level uint32, text string) {
	hostLog(level, unsafe.Pointer(unsafe.StringData(text)), uint32(len(text)))
}

// Now is the time in Unix nanoseconds.
func Now() int64 {
	return hostNow()
}

// Random fills data with random bytes.
func Random(data []byte) {
	hostRandom(unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data)))
}
