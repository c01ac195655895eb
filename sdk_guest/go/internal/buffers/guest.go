//go:build wasm || tinygo.wasm

package buffers

import "unsafe"

// address is where the host finds a block.
func address(block []byte) uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(block))))
}

//go:wasmexport alloc
func alloc(length uint32) uint32 {
	return Alloc(length)
}

//go:wasmexport free
func free(at, _ uint32) {
	Free(at)
}
