//go:build !wasm && !tinygo.wasm

package host

// Host is what stands in for the host.
type Host interface {
	Log(level uint32, text string)
	Emit(data []byte)
	Reject(reason string)
	Get(key string) ([]byte, bool)
	Put(key string, value []byte) bool
	HTTP(url string, body []byte) ([]byte, bool)
}

// Current is the stand-in; nil takes everything and has nothing.
var Current Host

// Log writes a line to the host's log.
func Log(level uint32, text string) {
	if Current != nil {
		Current.Log(level, text)
	}
}

// Emit sends the bytes of a message.
func Emit(data []byte) {
	if Current != nil {
		Current.Emit(data)
	}
}

// Reject marks the message rejected.
func Reject(reason string) {
	if Current != nil {
		Current.Reject(reason)
	}
}

// Get reads a key of the state. It is false for a key that is absent or refused.
func Get(key string) ([]byte, bool) {
	if Current == nil {
		return nil, false
	}
	return Current.Get(key)
}

// Put writes a key of the state. It is false when the host refused.
func Put(key string, value []byte) bool {
	return Current != nil && Current.Put(key, value)
}

// HTTP sends a body to a URL. The answer is CBOR; false when the host refused or failed.
func HTTP(url string, body []byte) ([]byte, bool) {
	if Current == nil {
		return nil, false
	}
	return Current.HTTP(url, body)
}
