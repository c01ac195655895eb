// Package strictjson reads JSON into Go values without encoding/json's leniency: keys are spelled exactly, required ones
// are there, null is no number, and text is UTF-8. Errors name the key.
//
// In structs a key is required unless its field is a pointer or has omitempty or omitzero. Keys without a field are passed
// over. Types with an UnmarshalJSON of their own decide for themselves. Numbers that go into an any are json.Numbers.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"unicode/utf8"
)

// Read reads a JSON value. An error names the key that does not fit.
func Read[T any](data []byte) (T, error) {
	var value T
	err := Unmarshal(data, &value)
	return value, err
}

// Unmarshal reads a JSON value to where target points. An error names the key that does not fit.
func Unmarshal(data []byte, target any) error {
	return start(data, target, false)
}

// Overlay reads a JSON value to where target points; keys that are missing leave what is there.
func Overlay(data []byte, target any) error {
	return start(data, target, true)
}

// Marshal writes a value as JSON, with no more escapes than JSON asks for.
func Marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func start(data []byte, target any, optional bool) error {
	if !utf8.Valid(data) {
		return errors.New("the input is no JSON: it is not valid UTF-8")
	}
	if !json.Valid(data) {
		var syntax any
		return errors.New("the input is no JSON: " + json.Unmarshal(data, &syntax).Error())
	}
	r := reader{walker{data}, optional}
	return r.read(reflect.ValueOf(target).Elem(), "the input")
}
