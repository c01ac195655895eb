// Package gear has the operations of the fluxrig conformance guests, as conformance/spec/v1/guests.md fixes them.
package gear

import (
	"errors"

	"plugbay.dev/guest"
	"plugbay.dev/guest/message"
)

// Profile is which of fluxrig's profiles the guest is of: core or extended.
var Profile = "core"

// contract says what the guest is.
func contract(m *message.Message) (*message.Message, error) {
	return answer(m, map[string]any{
		"contract":    "plugbay-conformance/1",
		"abi":         "fluxrig",
		"profile":     Profile,
		"language":    "go",
		"sdk":         "plugbay-guest-go",
		"sdk_version": guest.Version,
	})
}

// answer is the input with other data: the operation and some keys.
func answer(m *message.Message, data map[string]any) (*message.Message, error) {
	op, err := m.Text("op")
	if err != nil {
		return nil, err
	}
	data["op"] = op
	return m.With(data), nil
}

// Answer runs the operation that a message names, one of those of both profiles.
func Answer(m *message.Message) (*message.Message, error) {
	op, err := m.Text("op")
	if err != nil {
		return nil, err
	}
	run, found := operations[op]
	if !found {
		return nil, errors.New("there is no operation " + op)
	}
	return run(m)
}

var operations = map[string]func(*message.Message) (*message.Message, error){
	"contract": contract,
	"echo":     echo,
	"fields":   fields,
	"lookup":   lookup,
	"types":    types,
	"numbers":  numbers,
	"text":     text,
	"reply":    reply,
	"drop":     drop,
	"log":      log,
	"count":    count,
	"big":      big,
	"fail":     fail,
	"trap":     trap,
}
