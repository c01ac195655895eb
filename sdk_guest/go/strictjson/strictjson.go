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
	"strings"
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
	return reader{}.start(data, target)
}

// Overlay reads a JSON value to where target points; keys that are missing leave what is there.
func Overlay(data []byte, target any) error {
	return reader{optional: true}.start(data, target)
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

// A reader reads values; optional says that no key is required.
type reader struct {
	optional bool
}

func (r reader) start(data []byte, target any) error {
	if !utf8.Valid(data) {
		return errors.New("the input is no JSON: it is not valid UTF-8")
	}
	if !json.Valid(data) {
		var syntax any
		return errors.New("the input is no JSON: " + json.Unmarshal(data, &syntax).Error())
	}
	return r.read(data, reflect.ValueOf(target).Elem(), "the input")
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func (r reader) read(data []byte, target reflect.Value, where string) error {
	if reflect.PointerTo(target.Type()).Implements(unmarshaler) {
		return wrap(json.Unmarshal(data, target.Addr().Interface()), where)
	}
	isNull := string(bytes.TrimSpace(data)) == "null"
	switch target.Kind() {
	case reflect.Struct:
		return r.readStruct(data, target, where)
	case reflect.Pointer:
		if isNull {
			target.SetZero()
			return nil
		}
		target.Set(reflect.New(target.Type().Elem()))
		return r.read(data, target.Elem(), where)
	case reflect.Interface:
		return readAny(data, target)
	}
	if isNull {
		return errors.New(where + ": expected " + nameOf(target.Type()) + ", found null")
	}
	switch {
	case target.Kind() == reflect.Slice && target.Type().Elem().Kind() != reflect.Uint8:
		return r.readSlice(data, target, where)
	case target.Kind() == reflect.Map && target.Type().Key().Kind() == reflect.String:
		return r.readMap(data, target, where)
	}
	return wrap(json.Unmarshal(data, target.Addr().Interface()), where)
}

// readAny keeps numbers as they are written.
func readAny(data []byte, target reflect.Value) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(target.Addr().Interface())
}

func (r reader) readStruct(data []byte, target reflect.Value, where string) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return errors.New(where + ": expected an object, found " + kindOf(data))
	}
	for i := range target.NumField() {
		field := target.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct {
			if err := r.readStruct(data, target.Field(i), where); err != nil {
				return err
			}
			continue
		}
		if !field.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		member, found := members[name]
		if found {
			if err := r.read(member, target.Field(i), "key "+name); err != nil {
				return err
			}
		} else if !r.optional && field.Type.Kind() != reflect.Pointer && !strings.Contains(options, "omit") {
			return errors.New("key " + name + " is missing")
		}
	}
	return nil
}

func (r reader) readSlice(data []byte, target reflect.Value, where string) error {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return errors.New(where + ": expected an array, found " + kindOf(data))
	}
	target.Set(reflect.MakeSlice(target.Type(), len(items), len(items)))
	for i, item := range items {
		if err := r.read(item, target.Index(i), "an item of "+where); err != nil {
			return err
		}
	}
	return nil
}

func (r reader) readMap(data []byte, target reflect.Value, where string) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return errors.New(where + ": expected an object, found " + kindOf(data))
	}
	target.Set(reflect.MakeMapWithSize(target.Type(), len(members)))
	for key, member := range members {
		value := reflect.New(target.Type().Elem()).Elem()
		if err := r.read(member, value, "key "+key); err != nil {
			return err
		}
		target.SetMapIndex(reflect.ValueOf(key).Convert(target.Type().Key()), value)
	}
	return nil
}

func wrap(err error, where string) error {
	if mismatch, ok := err.(*json.UnmarshalTypeError); ok {
		return errors.New(where + ": expected " + nameOf(mismatch.Type) + ", found " + mismatch.Value)
	}
	if err != nil {
		return errors.New(where + ": " + err.Error())
	}
	return nil
}

// nameOf is a type in words of JSON.
func nameOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "a boolean"
	case reflect.String:
		return "a text"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "an integer of " + t.String()
}

// kindOf is the kind of a JSON value by its first letter.
func kindOf(data []byte) string {
	switch bytes.TrimSpace(data)[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a text"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
