package typed

import (
	"errors"
	"reflect"
	"strings"
)

func write(data any) (map[string]any, error) {
	value, err := plain(reflect.ValueOf(data))
	if err != nil {
		return nil, err
	}
	fields, isMap := value.(map[string]any)
	if !isMap {
		return nil, errors.New("data: expected a struct or a map, found " + reflect.ValueOf(data).Kind().String())
	}
	return fields, nil
}

// plain is a value as messages have it.
func plain(value reflect.Value) (any, error) {
	switch {
	case !value.IsValid():
		return nil, nil
	case value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface:
		return plain(value.Elem())
	case value.Kind() == reflect.Struct:
		return plainStruct(value)
	case value.Kind() == reflect.Map && value.Type().Key().Kind() == reflect.String:
		return plainMap(value)
	case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Uint8:
		return value.Bytes(), nil
	case value.Kind() == reflect.Slice || value.Kind() == reflect.Array:
		return plainSlice(value)
	case value.Kind() == reflect.Bool:
		return value.Bool(), nil
	case value.Kind() == reflect.String:
		return value.String(), nil
	case value.CanInt():
		return value.Int(), nil
	case value.CanUint():
		return value.Uint(), nil
	case value.CanFloat():
		return value.Float(), nil
	}
	return nil, errors.New("a value of type " + value.Type().String() + " can't be sent")
}

func plainStruct(value reflect.Value) (any, error) {
	fields := make(map[string]any, value.NumField())
	for i := range value.NumField() {
		f := value.Type().Field(i)
		field, known := fieldOf(f)
		if !known || omitted(f, value.Field(i)) {
			continue
		}
		inner, err := plain(value.Field(i))
		if err != nil {
			return nil, errors.New(field.name + ": " + err.Error())
		}
		fields[field.name] = inner
	}
	return fields, nil
}

// omitted tells whether a field is left out, as omitempty and omitzero ask.
func omitted(f reflect.StructField, value reflect.Value) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	empty := value.IsZero() || (value.Kind() == reflect.Slice || value.Kind() == reflect.Map) && value.Len() == 0
	return strings.Contains(options, "omitzero") && value.IsZero() || strings.Contains(options, "omitempty") && empty
}

func plainMap(value reflect.Value) (any, error) {
	if value.IsNil() {
		return nil, nil
	}
	fields := make(map[string]any, value.Len())
	for entries := value.MapRange(); entries.Next(); {
		inner, err := plain(entries.Value())
		if err != nil {
			return nil, errors.New(entries.Key().String() + ": " + err.Error())
		}
		fields[entries.Key().String()] = inner
	}
	return fields, nil
}

func plainSlice(value reflect.Value) (any, error) {
	if value.Kind() == reflect.Slice && value.IsNil() {
		return nil, nil
	}
	items := make([]any, value.Len())
	for i := range items {
		inner, err := plain(value.Index(i))
		if err != nil {
			return nil, err
		}
		items[i] = inner
	}
	return items, nil
}
