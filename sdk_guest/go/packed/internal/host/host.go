// Package host has what a byte function may ask of its host: in a module the imports of PrioStack's ABI, elsewhere a
// stand-in.
package host

// Levels of a log line.
const (
	Debug = 1
	Info  = 2
	Warn  = 3
	Error = 4
)
