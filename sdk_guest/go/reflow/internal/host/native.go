//go:build !wasm && !tinygo.wasm

package host

// Host is what stands in for Reflow.
type Host interface {
	GetState(key string) []byte
	SetState(key string, value []byte)
	Send(outputs []byte)
}

// Current is the stand-in; nil keeps nothing.
var Current Host

// GetState reads a key of the state as JSON. No bytes are as good as null.
func GetState(key string) []byte {
	if Current == nil {
		return nil
	}
	return Current.GetState(key)
}

// SetState writes a key of the state as JSON.
func SetState(key string, value []byte) {
	if Current != nil {
		Current.SetState(key, value)
	}
}

// Send sends a JSON object of ports and values.
func Send(outputs []byte) {
	if Current != nil {
		Current.Send(outputs)
	}
}
