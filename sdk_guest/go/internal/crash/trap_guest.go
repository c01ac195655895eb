//go:build wasm && !tinygo

package crash

// Trap ends the instance with WebAssembly's unreachable.
func Trap()
