// Package actor holds what both actors share: Reflow's protocol as types, and the host functions that Reflow gives an
// actor.
package actor

import (
	"encoding/json"
	"errors"
)

// Message is a message as Reflow writes it: {"type": "Integer", "data": 4}.
type Message struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data,omitempty"`
}

// NewMessage makes a message of a type from its data.
func NewMessage(kind string, data any) (Message, error) {
	encoded, err := json.Marshal(data)
	return Message{Type: kind, Data: encoded}, err
}

// Decode reads the data into value. The message must be of the type and have data.
func (m Message) Decode(kind string, value any) error {
	if m.Type != kind || isNull(m.Data) {
		return errors.New("the message is no " + kind)
	}
	return json.Unmarshal(m.Data, value)
}
