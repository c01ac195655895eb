//go:build wasm || tinygo.wasm

package buffers

//go:wasmexport alloc
func alloc(length uint32) uint32 {
	return Alloc(length)
}

//go:wasmexport free
func free(at, _ uint32) {
	Free(at)
}
