// Package fluxrig makes a fluxrig gear of a function.
//
//	package main
//
//	import "plugbay.dev/guest/fluxrig"
//
//	func init() { fluxrig.Handle(filter) }
//
//	// filter lets large payments through.
//	func filter(m *fluxrig.Message) ([]*fluxrig.Message, error) {
//		amount, err := m.Int("amount")
//		if err != nil {
//			return nil, err // rejects the message with this reason
//		}
//		if amount < 1000 {
//			return fluxrig.Drop()
//		}
//		return fluxrig.Send(m)
//	}
//
//	func main() {}
//
// Build it with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared. The package exports what a gear has to.
//
// Handle makes a gear of the extended profile, HandleCore one of the core profile, which needs TinyGo: what standard Go
// builds always imports WASI.
//
// A function that panics traps, after one log line at level error that says where.
package fluxrig
