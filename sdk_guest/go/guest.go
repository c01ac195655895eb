// Package guest is the root of an SDK for WebAssembly plugins in Go. Its packages are one for each kind of plugin:
//
//   - fluxrig: gears, functions over a fluxMsg (package message)
//   - reflow: actors with ports, config and state
//   - extism: plugins with functions from bytes to bytes
//   - packed: PrioStack's byte functions
package guest

// Version is the SDK's.
const Version = "0.1.0"
