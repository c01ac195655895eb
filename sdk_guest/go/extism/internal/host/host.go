// Package host has what a plugin may ask of Extism: in a module by way of go-pdk, elsewhere a stand-in.
package host

// Levels of a log line, as go-pdk numbers them.
const (
	Trace = iota
	Debug
	Info
	Warn
	Error
)

// A Request is an HTTP request; see package extism.
type Request struct {
	Method, URL string            // what to do, and where
	Headers     map[string]string // may be nil
	Body        []byte            // may be nil
}

// A Response is an HTTP response; see package extism.
type Response struct {
	Status  int               // the server's code
	Headers map[string]string // may be nil
	Body    []byte            // may be nil
}
