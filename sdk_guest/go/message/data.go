package message

import "strings"

// Get returns the value at a dotted path of Data, such as "card.pan", and whether there is one.
func (m *Message) Get(path string) (any, bool) {
	here := m.Data
	for {
		key, rest, more := strings.Cut(path, ".")
		value, found := here[key]
		if !found || !more {
			return value, found
		}
		inner, isMap := value.(map[string]any)
		if !isMap {
			return nil, false
		}
		here, path = inner, rest
	}
}

// Set puts a value at a dotted path of Data. Maps that are missing on the way are made; anything else that is in the way
// is a *FieldError, and then nothing is changed.
func (m *Message) Set(path string, value any) error {
	keys := strings.Split(path, ".")
	here, depth := m.Data, 0
	for ; depth < len(keys)-1; depth++ {
		next, found := here[keys[depth]]
		if !found {
			break
		}
		inner, isMap := next.(map[string]any)
		if !isMap {
			return refuse("data."+strings.Join(keys[:depth+1], "."), "map or nothing", next)
		}
		here = inner
	}
	for i := len(keys) - 1; i > depth; i-- {
		value = map[string]any{keys[i]: value}
	}
	if here == nil { // Data itself, or a nil map that a program put there
		return m.setNil(keys[:depth], keys[depth], value)
	}
	here[keys[depth]] = value
	return nil
}

// setNil replaces the nil map at keys with one that has a value.
func (m *Message) setNil(keys []string, key string, value any) error {
	made := map[string]any{key: value}
	if len(keys) == 0 {
		m.Data = made
		return nil
	}
	return m.Set(strings.Join(keys, "."), made)
}

// Delete removes what is at a dotted path of Data, if there is anything.
func (m *Message) Delete(path string) {
	last := strings.LastIndexByte(path, '.')
	if last < 0 {
		delete(m.Data, path)
		return
	}
	if parent, _ := m.Get(path[:last]); parent != nil {
		if fields, isMap := parent.(map[string]any); isMap {
			delete(fields, path[last+1:])
		}
	}
}

// Text returns the text at a dotted path of Data. Nothing there, or anything else, is a *FieldError.
func (m *Message) Text(path string) (string, error) {
	return get[string](m, path, "text")
}

// Bytes returns the bytes at a dotted path of Data. Nothing there, or anything else, is a *FieldError.
func (m *Message) Bytes(path string) ([]byte, error) {
	return get[[]byte](m, path, "bytes")
}

// Bool returns the boolean at a dotted path of Data. Nothing there, or anything else, is a *FieldError.
func (m *Message) Bool(path string) (bool, error) {
	return get[bool](m, path, "boolean")
}

// List returns the array at a dotted path of Data. Nothing there, or anything else, is a *FieldError.
func (m *Message) List(path string) ([]any, error) {
	return get[[]any](m, path, "array")
}

// Map returns the map at a dotted path of Data. Nothing there, or anything else, is a *FieldError.
func (m *Message) Map(path string) (map[string]any, error) {
	return get[map[string]any](m, path, "map")
}

// Float returns the float at a dotted path of Data. Nothing there, or anything else, is a *FieldError; an integer is, too:
// see Number.
func (m *Message) Float(path string) (float64, error) {
	return get[float64](m, path, "float")
}

// Int returns the integer at a dotted path of Data. Nothing there, anything else, and an integer beyond 64 bits with sign
// is a *FieldError.
func (m *Message) Int(path string) (int64, error) {
	if value, found := m.Get(path); found {
		if number, ok := signed(value); ok {
			return number, nil
		}
	}
	return get[int64](m, path, "integer from -2**63 to 2**63 - 1")
}

// Uint returns the integer at a dotted path of Data. Nothing there, anything else, and a negative integer is a *FieldError.
func (m *Message) Uint(path string) (uint64, error) {
	if value, found := m.Get(path); found {
		if number, ok := signed(value); ok && number >= 0 {
			return uint64(number), nil
		}
	}
	return get[uint64](m, path, "integer from 0 to 2**64 - 1")
}

// Number returns the integer or float at a dotted path of Data as a float, to the nearest one. Nothing there, or anything
// else, is a *FieldError.
func (m *Message) Number(path string) (float64, error) {
	value, _ := m.Get(path)
	if number, ok := signed(value); ok {
		return float64(number), nil
	}
	if number, ok := value.(uint64); ok {
		return float64(number), nil
	}
	return get[float64](m, path, "number")
}

// signed is an integer of any of Go's types that fits; programs may have put others than int64 into Data.
func signed(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint32:
		return int64(v), true
	}
	return 0, false
}

func get[T any](m *Message, path, expected string) (T, error) {
	value, found := m.Get(path)
	typed, fits := value.(T)
	switch {
	case fits:
		return typed, nil
	case found:
		return typed, refuse("data."+path, expected, value)
	}
	return typed, Missing("data."+path, expected)
}
