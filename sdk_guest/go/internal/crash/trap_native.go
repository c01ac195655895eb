//go:build !wasm || tinygo

package crash

// Trap panics anew: outside of a module nothing can trap, and TinyGo's panics are traps.
func Trap() {
	panic("trapped")
}
