//go:build !wasm && !tinygo.wasm

package host

// Host is what stands in for Extism.
type Host interface {
	Input() []byte
	Output(data []byte)
	Fail(text string)
	Config(key string) (string, bool)
	Var(key string) ([]byte, bool)
	SetVar(key string, value []byte)
	RemoveVar(key string)
	Log(level int, text string)
	HTTP(request Request) Response
}

// Current is the stand-in. Without one, everything is empty and goes nowhere.
var Current Host = nothing{}

// Input is the input of the call.
func Input() []byte { return Current.Input() }

// Output sets the output of the call.
func Output(data []byte) { Current.Output(data) }

// Fail sets the error of the call.
func Fail(text string) { Current.Fail(text) }

// Config reads a key of the config.
func Config(key string) (string, bool) { return Current.Config(key) }

// Var reads a variable.
func Var(key string) ([]byte, bool) { return Current.Var(key) }

// SetVar writes a variable.
func SetVar(key string, value []byte) { Current.SetVar(key, value) }

// RemoveVar removes a variable.
func RemoveVar(key string) { Current.RemoveVar(key) }

// Log writes a line to the host's log.
func Log(level int, text string) { Current.Log(level, text) }

// HTTP sends a request.
func HTTP(request Request) Response { return Current.HTTP(request) }

type nothing struct{}

func (nothing) Input() []byte                { return nil }
func (nothing) Output([]byte)                {}
func (nothing) Fail(string)                  {}
func (nothing) Config(string) (string, bool) { return "", false }
func (nothing) Var(string) ([]byte, bool)    { return nil, false }
func (nothing) SetVar(string, []byte)        {}
func (nothing) RemoveVar(string)             {}
func (nothing) Log(int, string)              {}
func (nothing) HTTP(Request) Response        { return Response{} }
