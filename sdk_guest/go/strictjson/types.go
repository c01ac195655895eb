package strictjson

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
)

// A field is how a struct's field stands in JSON.
type field struct {
	name     string
	index    []int
	optional bool
}

// layouts remembers the fields of types.
var layouts sync.Map

// fieldsOf are the fields of a struct, those of embedded structs among them.
func fieldsOf(t reflect.Type) []field {
	if known, found := layouts.Load(t); found {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			continue
		}
		if name == "" {
			name = f.Name
		}
		optional := f.Type.Kind() == reflect.Pointer || strings.Contains(options, "omit")
		fields = append(fields, field{name, f.Index, optional})
	}
	layouts.Store(t, fields)
	return fields
}

func indexOf(fields []field, name string) int {
	for i, field := range fields {
		if field.name == name {
			return i
		}
	}
	return -1
}

func explain(err error, where string) error {
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

// kindOf is the kind of a JSON value by its first byte.
func kindOf(first byte) string {
	switch first {
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
