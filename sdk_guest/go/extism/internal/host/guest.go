//go:build wasm || tinygo.wasm

package host

import pdk "github.com/extism/go-pdk"

// go-pdk 1.1.3 takes log_error for the level trace.
//
//go:wasmimport extism:host/env log_trace
func hostLogTrace(text uint64)

//go:wasmimport extism:host/env get_log_level
func hostLogLevel() int32

// Input is the input of the call.
func Input() []byte {
	return pdk.Input()
}

// Output sets the output of the call.
func Output(data []byte) {
	if len(data) > 0 { // Extism has no block of 0 bytes, and a call starts without an output
		pdk.Output(data)
	}
}

// Fail sets the error of the call.
func Fail(text string) {
	if text != "" {
		pdk.SetErrorString(text)
	}
}

// Config reads a key of the config.
func Config(key string) (string, bool) {
	return pdk.GetConfig(key)
}

// Var reads a variable.
func Var(key string) ([]byte, bool) {
	value := pdk.GetVar(key)
	return value, value != nil
}

// SetVar writes a variable.
func SetVar(key string, value []byte) {
	pdk.SetVar(key, value)
}

// RemoveVar removes a variable.
func RemoveVar(key string) {
	pdk.RemoveVar(key)
}

// Log writes a line to the host's log.
func Log(level int, text string) {
	switch {
	case text == "":
	case level != Trace:
		pdk.Log(pdk.LogLevel(level), text)
	case hostLogLevel() <= Trace:
		line := pdk.AllocateString(text)
		hostLogTrace(line.Offset())
	}
}

// HTTP sends a request. A host that does not grant it, or can't do it, ends the call.
func HTTP(request Request) Response {
	method := pdk.MethodGet
	for method.String() != request.Method && method.String() != "" {
		method++
	}
	sent := pdk.NewHTTPRequest(method, request.URL).SetBody(request.Body)
	for name, value := range request.Headers {
		sent.SetHeader(name, value)
	}
	received := sent.Send()
	return Response{int(received.Status()), received.Headers(), received.Body()}
}
