//go:build wasm || tinygo.wasm

package wasi

import "unsafe"

//go:wasmimport wasi_snapshot_preview1 random_get
func randomGet(at unsafe.Pointer, length uint32) uint32

//go:wasmimport wasi_snapshot_preview1 clock_time_get
func clockTimeGet(clock uint32, precision uint64, at unsafe.Pointer) uint32

// Random fills data with random bytes. It is false when the host has none.
func Random(data []byte) bool {
	return len(data) == 0 || randomGet(unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data))) == 0
}

// Now is the time in Unix nanoseconds. It is false when the host does not tell.
func Now() (int64, bool) {
	const realtime = 0
	now := new(int64)
	told := clockTimeGet(realtime, 1, unsafe.Pointer(now)) == 0
	return *now, told
}
