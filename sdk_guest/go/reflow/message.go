package reflow

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"plugbay.dev/guest/strictjson"
)

// A Type is one of Reflow's twelve types of messages.
type Type string

// The types.
const (
	TypeFlow     Type = "Flow"
	TypeEvent    Type = "Event"
	TypeBoolean  Type = "Boolean"
	TypeInteger  Type = "Integer"
	TypeFloat    Type = "Float"
	TypeString   Type = "String"
	TypeObject   Type = "Object"
	TypeArray    Type = "Array"
	TypeStream   Type = "Stream"
	TypeOptional Type = "Optional"
	TypeAny      Type = "Any"
	TypeError    Type = "Error"
)

// A Message is a value with its type. A message that was given may be sent on as it is. One that is made of what can't be
// JSON fails the message that is being handled when it is put out.
type Message struct {
	// Type is the value's type.
	Type Type `json:"type"`
	// Data is the value as JSON; a Flow may have none.
	Data json.RawMessage `json:"data,omitempty"`

	err error
}

// Flow makes a message that says only that it is there.
func Flow() Message { return Message{Type: TypeFlow, Data: json.RawMessage("null")} }

// Event makes a message of something that happened.
func Event(value any) Message { return made(TypeEvent, value) }

// Boolean makes a message of a truth.
func Boolean(value bool) Message { return made(TypeBoolean, value) }

// Integer makes a message of a whole number.
func Integer(value int64) Message { return made(TypeInteger, value) }

// Float makes a message of a number. It can't be infinite or NaN.
func Float(value float64) Message {
	m := made(TypeFloat, value)
	if m.err == nil && !strings.ContainsAny(string(m.Data), ".e") {
		m.Data = append(m.Data, ".0"...) // so that nobody takes it for an integer
	}
	return m
}

// String makes a message of a text.
func String(value string) Message { return made(TypeString, value) }

// Object makes a message of a value that is an object in JSON: a struct or a map.
func Object(value any) Message { return made(TypeObject, value).only('{', "an object") }

// Array makes a message of a value that is an array in JSON: a slice, but not of bytes.
func Array(value any) Message { return made(TypeArray, value).only('[', "an array") }

// Stream makes a message of bytes.
func Stream(value []byte) Message {
	numbers := make([]byte, 0, 2+4*len(value))
	numbers = append(numbers, '[')
	for i, b := range value {
		if i > 0 {
			numbers = append(numbers, ',')
		}
		numbers = strconv.AppendUint(numbers, uint64(b), 10)
	}
	return Message{Type: TypeStream, Data: append(numbers, ']')}
}

// Optional makes a message of a value or, with nil, of none.
func Optional(value any) Message { return made(TypeOptional, value) }

// Any makes a message of any value.
func Any(value any) Message { return made(TypeAny, value) }

// Error makes a message of what went wrong.
func Error(text string) Message { return made(TypeError, text) }

func made(kind Type, value any) Message {
	data, err := strictjson.Marshal(value)
	return Message{Type: kind, Data: data, err: err}
}

func (m Message) only(first byte, what string) Message {
	if m.err == nil && m.Data[0] != first {
		m.err = errors.New("the value is not " + what)
	}
	return m
}

// Boolean returns the value of a Boolean; another message is an error.
func (m Message) Boolean() (bool, error) { return value[bool](m, TypeBoolean) }

// Text returns the value of a String or an Error; another message is an error.
func (m Message) Text() (string, error) {
	if m.Type == TypeError {
		return value[string](m, TypeError)
	}
	return value[string](m, TypeString)
}

// Float returns the value of a Float; another message is an error.
func (m Message) Float() (float64, error) { return value[float64](m, TypeFloat) }

// Integer returns the value of an Integer; another message is an error. Some senders write 4.0 for 4.
func (m Message) Integer() (int64, error) {
	number, err := value[int64](m, TypeInteger)
	if err == nil || m.Type != TypeInteger || !strings.ContainsAny(string(m.Data), ".eE") {
		return number, err
	}
	var float float64
	if json.Unmarshal(m.Data, &float) == nil && float == math.Trunc(float) && -1<<63 <= float && float < 1<<63 {
		return int64(float), nil
	}
	return 0, err
}

// Stream returns the bytes of a Stream; another message is an error.
func (m Message) Stream() ([]byte, error) {
	numbers, err := value[[]uint16](m, TypeStream) // encoding/json takes a slice of bytes for base64
	data := make([]byte, len(numbers))
	for i, number := range numbers {
		if number > 255 {
			return nil, errors.New("a Stream has a byte " + strconv.Itoa(int(number)))
		}
		data[i] = byte(number)
	}
	return data, err
}

// Decode reads the value of a message of any type into what target points to, by the rules of package strictjson. An error
// names the key that does not fit.
func (m Message) Decode(target any) error {
	if len(m.Data) == 0 {
		return strictjson.Unmarshal([]byte("null"), target)
	}
	if err := strictjson.Unmarshal(m.Data, target); err != nil {
		return errors.New("a message of type " + string(m.Type) + ": " + err.Error())
	}
	return nil
}

func value[T any](m Message, kind Type) (T, error) {
	var value T
	if m.Type != kind {
		return value, errors.New("expected a message of type " + string(kind) + ", found " + string(m.Type))
	}
	return value, m.Decode(&value)
}
