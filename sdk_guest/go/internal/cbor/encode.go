package cbor

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Append appends a value's bytes to out: integers in their shortest form, floats in 64 bits, the keys of maps sorted, so
// that one value always has the same bytes.
//
// Beside what Decode returns it takes the other sizes of integers and floats, []string, []int64, []float64,
// []map[string]any and map[string]string. Nil slices and maps are null. An *Error names a value that it does not take,
// text that is no UTF-8, and more than MaxDepth containers in each other.
func Append(out []byte, value any) ([]byte, error) {
	return appendValue(out, value, 0)
}

func appendValue(out []byte, value any, depth int) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(out, majorOther<<5|simpleNull), nil
	case bool:
		if v {
			return append(out, majorOther<<5|simpleTrue), nil
		}
		return append(out, majorOther<<5|simpleFalse), nil
	case string:
		return appendText(out, v)
	case []byte:
		if v == nil {
			return appendValue(out, nil, depth)
		}
		return append(appendHead(out, majorBytes, uint64(len(v))), v...), nil
	case float64:
		return appendFloat(out, v), nil
	case float32:
		return appendFloat(out, float64(v)), nil
	case []any:
		return appendArray(out, v, depth+1)
	case []string:
		return appendArray(out, v, depth+1)
	case []int64:
		return appendArray(out, v, depth+1)
	case []float64:
		return appendArray(out, v, depth+1)
	case []map[string]any:
		return appendArray(out, v, depth+1)
	case map[string]any:
		return appendMap(out, v, depth+1)
	case map[string]string:
		return appendMap(out, v, depth+1)
	}
	return appendInteger(out, value)
}

func appendInteger(out []byte, value any) ([]byte, error) {
	var signed int64
	switch v := value.(type) {
	case int:
		signed = int64(v)
	case int8:
		signed = int64(v)
	case int16:
		signed = int64(v)
	case int32:
		signed = int64(v)
	case int64:
		signed = v
	case uint:
		return appendHead(out, majorUnsigned, uint64(v)), nil
	case uint8:
		return appendHead(out, majorUnsigned, uint64(v)), nil
	case uint16:
		return appendHead(out, majorUnsigned, uint64(v)), nil
	case uint32:
		return appendHead(out, majorUnsigned, uint64(v)), nil
	case uint64:
		return appendHead(out, majorUnsigned, v), nil
	default:
		return nil, refuse("a value of this Go type can't be sent")
	}
	if signed < 0 {
		return appendHead(out, majorNegative, uint64(-1-signed)), nil
	}
	return appendHead(out, majorUnsigned, uint64(signed)), nil
}

// appendHead appends the start of an item with its number in the shortest form.
func appendHead(out []byte, major byte, number uint64) []byte {
	first := major << 5
	switch {
	case number < 24:
		return append(out, first|byte(number))
	case number <= math.MaxUint8:
		return append(out, first|24, byte(number))
	case number <= math.MaxUint16:
		return appendNumber(append(out, first|25), number, 2)
	case number <= math.MaxUint32:
		return appendNumber(append(out, first|26), number, 4)
	}
	return appendNumber(append(out, first|27), number, 8)
}

// appendNumber appends the last bytes of a number, the most significant one first. (encoding/binary has this too, and
// brings reflection with it.)
func appendNumber(out []byte, number uint64, bytes int) []byte {
	for shift := 8 * (bytes - 1); shift >= 0; shift -= 8 {
		out = append(out, byte(number>>shift))
	}
	return out
}

func appendFloat(out []byte, value float64) []byte {
	return appendNumber(append(out, majorOther<<5|floatDouble), math.Float64bits(value), 8)
}

func appendText(out []byte, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, refuse("text is not valid UTF-8")
	}
	return append(appendHead(out, majorText, uint64(len(text))), text...), nil
}

func appendArray[T any](out []byte, values []T, depth int) ([]byte, error) {
	if values == nil {
		return appendValue(out, nil, depth)
	}
	if depth > MaxDepth {
		return nil, errDeep
	}
	out = appendHead(out, majorArray, uint64(len(values)))
	for i, value := range values {
		var err error
		if out, err = appendValue(out, value, depth); err != nil {
			return nil, under("["+strconv.Itoa(i)+"]", err)
		}
	}
	return out, nil
}

func appendMap[T any](out []byte, fields map[string]T, depth int) ([]byte, error) {
	if fields == nil {
		return appendValue(out, nil, depth)
	}
	if depth > MaxDepth {
		return nil, errDeep
	}
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	out = appendHead(out, majorMap, uint64(len(keys)))
	for _, key := range keys {
		var err error
		if out, err = appendText(out, key); err != nil {
			return nil, refuse("a key is not valid UTF-8")
		}
		if out, err = appendValue(out, fields[key], depth); err != nil {
			return nil, under("."+key, err)
		}
	}
	return out, nil
}

// AppendArrayHead appends the start of an array of a number of values, which are to follow.
func AppendArrayHead(out []byte, count int) []byte {
	return appendHead(out, majorArray, uint64(count))
}
