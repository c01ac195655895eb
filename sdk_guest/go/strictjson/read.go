package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
)

// A reader puts valid JSON into Go values; optional says that no key is required.
type reader struct {
	walker
	optional bool
}

var (
	rawMessage  = reflect.TypeFor[json.RawMessage]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// read reads the next value; where says what it is.
func (r *reader) read(target reflect.Value, where string) error {
	if target.Type() == rawMessage {
		target.SetBytes(bytes.Clone(r.skip()))
		return nil
	}
	if target.Type().PkgPath() != "" && reflect.PointerTo(target.Type()).Implements(unmarshaler) {
		return explain(json.Unmarshal(r.skip(), target.Addr().Interface()), where)
	}
	first := r.peek()
	switch kind := target.Kind(); {
	case kind == reflect.Interface:
		return r.readAny(target)
	case kind == reflect.Pointer && first == 'n':
		r.skip()
		target.SetZero()
		return nil
	case kind == reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		return r.read(target.Elem(), where)
	case kind == reflect.Struct && first == '{':
		return r.readStruct(target)
	case kind == reflect.Map && first == '{' && target.Type().Key().Kind() == reflect.String:
		return r.readMap(target)
	case kind == reflect.Slice && first == '[' && target.Type().Elem().Kind() != reflect.Uint8:
		return r.readSlice(target, where)
	case kind == reflect.String && first == '"':
		target.SetString(r.text())
		return nil
	case kind == reflect.Struct || kind == reflect.Map || kind == reflect.Slice || first == 'n':
		return errors.New(where + ": expected " + nameOf(target.Type()) + ", found " + kindOf(first))
	}
	raw := r.skip()
	if readScalar(target, raw) {
		return nil
	}
	return explain(json.Unmarshal(raw, target.Addr().Interface()), where)
}

// readScalar reads what it can without encoding/json, which takes much longer for a single number, and tells whether it
// did.
func readScalar(target reflect.Value, raw []byte) bool {
	switch {
	case target.Kind() == reflect.Bool && (raw[0] == 't' || raw[0] == 'f'):
		target.SetBool(raw[0] == 't')
		return true
	case target.CanInt():
		number, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || target.OverflowInt(number) {
			return false
		}
		target.SetInt(number)
		return true
	}
	return false
}

// readAny keeps numbers as they are written.
func (r *reader) readAny(target reflect.Value) error {
	decoder := json.NewDecoder(bytes.NewReader(r.skip()))
	decoder.UseNumber()
	return decoder.Decode(target.Addr().Interface())
}

func (r *reader) readStruct(target reflect.Value) error {
	fields := fieldsOf(target.Type())
	found := make([]bool, len(fields))
	for r.open(); r.next('}'); {
		key := r.key()
		i := indexOf(fields, key)
		if i < 0 {
			r.skip()
			continue
		}
		found[i] = true
		if err := r.read(target.FieldByIndex(fields[i].index), "key "+key); err != nil {
			return err
		}
	}
	for i, field := range fields {
		if !found[i] && !field.optional && !r.optional {
			return errors.New("key " + field.name + " is missing")
		}
	}
	return nil
}

func (r *reader) readSlice(target reflect.Value, where string) error {
	target.Set(reflect.MakeSlice(target.Type(), 0, 4))
	for r.open(); r.next(']'); {
		item := reflect.New(target.Type().Elem()).Elem()
		if err := r.read(item, "an item of "+where); err != nil {
			return err
		}
		target.Set(reflect.Append(target, item))
	}
	return nil
}

func (r *reader) readMap(target reflect.Value) error {
	target.Set(reflect.MakeMap(target.Type()))
	for r.open(); r.next('}'); {
		key := r.key()
		value := reflect.New(target.Type().Elem()).Elem()
		if err := r.read(value, "key "+key); err != nil {
			return err
		}
		target.SetMapIndex(reflect.ValueOf(key).Convert(target.Type().Key()), value)
	}
	return nil
}
