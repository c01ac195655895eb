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

// A Request is an HTTP request.
type Request struct {
	Method, URL string
	Headers     map[string]string
	Body        []byte
}

// A Response is an HTTP response.
type Response struct {
	Status  int
	Headers map[string]string
	Body    []byte
}
