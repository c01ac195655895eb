// Package typed reads and writes a message's data as a Go struct.
//
//	type payment struct {
//		Card   string   `json:"card"`
//		Amount int64    `json:"amount"`
//		Note   *string  `json:"note"`              // may be missing
//		Tags   []string `json:"tags,omitempty"`    // may be missing
//	}
//
//	func init() { typed.Handle(check) }
//
//	func check(m *fluxrig.Message, p payment) ([]*fluxrig.Message, error) { … }
//
// Keys are named by json tags, so that one struct serves for JSON too. A key is required unless its field is a pointer or
// has omitempty or omitzero; keys without a field are passed over. An error names the field: "data.amount: expected
// integer, found text".
//
// The package uses reflection, which adds some hundred kilobytes to a module.
package typed

import (
	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/message"
)

// Handle makes the gear answer its messages with a function over their data. Call it in an init function. Data that does
// not fit rejects the message.
func Handle[T any](handler func(m *fluxrig.Message, data T) ([]*fluxrig.Message, error)) {
	fluxrig.Handle(Handler(handler))
}

// Handler makes a handler of messages of a function over their data.
func Handler[T any](handler func(m *fluxrig.Message, data T) ([]*fluxrig.Message, error)) fluxrig.Handler {
	return func(m *fluxrig.Message) ([]*fluxrig.Message, error) {
		data, err := Read[T](m)
		if err != nil {
			return nil, err
		}
		return handler(m, data)
	}
}

// Read returns the message's data as a T, a struct or a map.
func Read[T any](m *message.Message) (T, error) {
	var data T
	err := readInto(&data, m.Data)
	return data, err
}

// Write makes a struct or a map the message's data.
func Write(m *message.Message, data any) error {
	written, err := write(data)
	if err == nil {
		m.Data = written
	}
	return err
}
