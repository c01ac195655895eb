package typed

import (
	"reflect"
	"strconv"
	"strings"

	"plugbay.dev/guest/message"
)

func readInto(target any, data map[string]any) error {
	if data == nil {
		data = map[string]any{}
	}
	return read(reflect.ValueOf(target).Elem(), data, "data")
}

// read puts a plain value into target; where says what is read.
func read(target reflect.Value, value any, where string) error {
	switch target.Kind() {
	case reflect.Pointer:
		if value == nil {
			target.SetZero()
			return nil
		}
		target.Set(reflect.New(target.Type().Elem()))
		return read(target.Elem(), value, where)
	case reflect.Interface:
		if target.NumMethod() == 0 {
			if value != nil {
				target.Set(reflect.ValueOf(value))
			}
			return nil
		}
	case reflect.Struct:
		if fields, fits := value.(map[string]any); fits {
			return readStruct(target, fields, where)
		}
	case reflect.Map:
		if fields, fits := value.(map[string]any); fits && target.Type().Key().Kind() == reflect.String {
			return readMap(target, fields, where)
		}
	case reflect.Slice:
		if items, fits := value.([]any); fits {
			return readSlice(target, items, where)
		}
		if data, fits := value.([]byte); fits && target.Type().Elem().Kind() == reflect.Uint8 {
			target.SetBytes(data)
			return nil
		}
	default:
		if readScalar(target, value) {
			return nil
		}
	}
	return message.Mismatch(where, nameOf(target.Type()), value)
}

func readStruct(target reflect.Value, values map[string]any, where string) error {
	for i := range target.NumField() {
		field, known := fieldOf(target.Type().Field(i))
		if !known {
			continue
		}
		value, found := values[field.name]
		inner := where + "." + field.name
		switch {
		case found:
			if err := read(target.Field(i), value, inner); err != nil {
				return err
			}
		case !field.optional:
			return message.Missing(inner, nameOf(target.Field(i).Type()))
		}
	}
	return nil
}

func readMap(target reflect.Value, values map[string]any, where string) error {
	made := reflect.MakeMapWithSize(target.Type(), len(values))
	for key, value := range values {
		item := reflect.New(target.Type().Elem()).Elem()
		if err := read(item, value, where+"."+key); err != nil {
			return err
		}
		made.SetMapIndex(reflect.ValueOf(key).Convert(target.Type().Key()), item)
	}
	target.Set(made)
	return nil
}

func readSlice(target reflect.Value, items []any, where string) error {
	made := reflect.MakeSlice(target.Type(), len(items), len(items))
	for i, item := range items {
		if err := read(made.Index(i), item, where+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	target.Set(made)
	return nil
}

// readScalar tells whether the value fits. Integers are good for floats.
func readScalar(target reflect.Value, value any) bool {
	switch v := value.(type) {
	case bool:
		if target.Kind() == reflect.Bool {
			target.SetBool(v)
			return true
		}
	case string:
		if target.Kind() == reflect.String {
			target.SetString(v)
			return true
		}
	case float64:
		if target.CanFloat() {
			target.SetFloat(v)
			return true
		}
	case int64:
		switch {
		case target.CanInt() && !target.OverflowInt(v):
			target.SetInt(v)
			return true
		case target.CanUint() && v >= 0 && !target.OverflowUint(uint64(v)):
			target.SetUint(uint64(v))
			return true
		case target.CanFloat():
			target.SetFloat(float64(v))
			return true
		}
	case uint64:
		switch {
		case target.CanUint() && !target.OverflowUint(v):
			target.SetUint(v)
			return true
		case target.CanFloat():
			target.SetFloat(float64(v))
			return true
		}
	}
	return false
}

// A field is how a struct's field stands in the data.
type field struct {
	name     string
	optional bool
}

// fieldOf is false for a field that is not part of the data.
func fieldOf(f reflect.StructField) (field, bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "-" {
		return field{}, false
	}
	if name == "" {
		name = f.Name
	}
	return field{name, f.Type.Kind() == reflect.Pointer || strings.Contains(options, "omit")}, true
}

// nameOf is a type in the words of messages.
func nameOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "text"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Struct, reflect.Map:
		return "map"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "array"
	case reflect.Pointer:
		return nameOf(t.Elem())
	}
	return "integer of " + t.String()
}
