package fluxrig

import (
	"errors"

	"plugbay.dev/guest/fluxrig/internal/host"
	"plugbay.dev/guest/internal/cbor"
	"plugbay.dev/guest/internal/wasi"
	"plugbay.dev/guest/message"
)

// ErrRefused is what the host answers to what it does not grant, or can't do.
var ErrRefused = errors.New("the host refused")

// Emit sends a message at once, before the result. If the handler fails afterwards the host may take it back.
func Emit(m *Message) error {
	encoded, err := encode([]*Message{m})
	if err != nil {
		return err
	}
	host.Emit(encoded)
	return nil
}

// GetState reads a key of the gear's state, and whether there is one: a key that is absent, and one that the host does not
// grant, are both false.
func GetState(key string) ([]byte, bool) {
	return host.Get(key)
}

// PutState writes a key of the gear's state. It is ErrRefused when the host does not grant it.
func PutState(key string, value []byte) error {
	if !host.Put(key, value) {
		return ErrRefused
	}
	return nil
}

// A Response is the answer to an HTTP request.
type Response struct {
	// Status is the server's status code.
	Status int
	// Headers are the response's.
	Headers map[string]string
	// Body is the response's.
	Body []byte
}

// HTTP sends a body to a URL and waits for the answer. It is ErrRefused when the host does not grant it or could not do it.
func HTTP(url string, body []byte) (*Response, error) {
	encoded, answered := host.HTTP(url, body)
	if !answered {
		return nil, ErrRefused
	}
	return readResponse(encoded)
}

func readResponse(encoded []byte) (*Response, error) {
	value, err := cbor.Decode(encoded)
	fields, _ := value.(map[string]any)
	status, hasStatus := fields["status"].(int64)
	if err != nil || !hasStatus {
		return nil, errors.New("the host's answer to an HTTP request makes no sense")
	}
	response := &Response{Status: int(status), Headers: map[string]string{}}
	response.Body, _ = fields["body"].([]byte)
	headers, _ := fields["headers"].(map[string]any)
	for name, value := range headers {
		if text, isText := value.(string); isText {
			response.Headers[name] = text
		}
	}
	return response, nil
}

// Now is the host's time in Unix nanoseconds. It is ErrRefused when the host does not grant it.
func Now() (int64, error) {
	now, told := wasi.Now()
	if !told {
		return 0, ErrRefused
	}
	return now, nil
}

// Random returns random bytes of the host. It is ErrRefused when the host does not grant them.
func Random(size int) ([]byte, error) {
	data := make([]byte, size)
	if !wasi.Random(data) {
		return nil, ErrRefused
	}
	return data, nil
}

// NewMessage makes a message with an ID and a time of its own. It is ErrRefused when the host does not grant the clock and
// randomness.
func NewMessage(data map[string]any) (*Message, error) {
	random, err := Random(8)
	if err != nil {
		return nil, err
	}
	now, err := Now()
	if err != nil {
		return nil, err
	}
	return &Message{ID: newID(now, random), Data: data, TS: now}, nil
}

// newID is a UUID v7 of a time, with fluxrig's mark of a message: 48 bits of milliseconds, the version, 12 bits of their
// fraction, the variant, 8 bits of type, 54 random bits.
func newID(now int64, random []byte) message.ID {
	const typeMessage = 0x03
	tick := uint64(now)/1e6<<12 | uint64(now)%1e6*4096/1e6
	id := message.ID{
		byte(tick >> 52), byte(tick >> 44), byte(tick >> 36), byte(tick >> 28), byte(tick >> 20), byte(tick >> 12),
		0x70 | byte(tick>>8)&0x0f, byte(tick),
	}
	copy(id[8:], random)
	id[8] = 0x80 | typeMessage>>2
	id[9] = typeMessage&3<<6 | id[9]&0x3f
	return id
}
