package message

import (
	"math"
	"strconv"

	"plugbay.dev/guest/internal/cbor"
)

// Decode reads a message from its bytes. Keys that a message does not have are passed over, missing ones are zero.
//
// Bytes that are not the CBOR of messages are a *MalformedError, a field of another type is a *FieldError, and more than
// the bus takes is a *LimitError.
func Decode(data []byte) (*Message, error) {
	value, err := cbor.Decode(data)
	if err != nil {
		return nil, &MalformedError{reasonOf(err)}
	}
	fields, isMap := value.(map[string]any)
	if !isMap {
		return nil, refuse("message", "map", value)
	}
	m := &Message{}
	for _, read := range readers {
		if value, found := fields[read.key]; found {
			if err := read.into(m, value, read.key); err != nil {
				return nil, err
			}
		}
	}
	return m, m.checkLimits()
}

// readers has how each field is read, in the order in which they are judged.
var readers = [...]struct {
	key  string
	into func(m *Message, value any, where string) error
}{
	{"id", func(m *Message, value any, where string) error { return readID(&m.ID, value, where) }},
	{"ref_id", func(m *Message, value any, where string) error { return readID(&m.RefID, value, where) }},
	{"trace", func(m *Message, value any, where string) error { return read(&m.Trace, value, where, "text") }},
	{"src_id", func(m *Message, value any, where string) error { return readID(&m.SrcID, value, where) }},
	{"meta", readMeta},
	{"data", func(m *Message, value any, where string) error {
		return readUnlessNull(&m.Data, value, where, "map or null")
	}},
	{"flags", readFlags},
	{"raw", func(m *Message, value any, where string) error {
		return readUnlessNull(&m.Raw, value, where, "bytes or null")
	}},
	{"path", readPath},
	{"ts", func(m *Message, value any, where string) error { return readInt(&m.TS, value, where) }},
}

func read[T any](target *T, value any, where, expected string) error {
	typed, fits := value.(T)
	if !fits {
		return refuse(where, expected, value)
	}
	*target = typed
	return nil
}

func readUnlessNull[T any](target *T, value any, where, expected string) error {
	if value == nil {
		return nil
	}
	return read(target, value, where, expected)
}

func readID(target *ID, value any, where string) error {
	data, isBytes := value.([]byte)
	if !isBytes || len(data) != len(target) {
		return refuse(where, "16 bytes", value)
	}
	copy(target[:], data)
	return nil
}

func readInt(target *int64, value any, where string) error {
	return read(target, value, where, "integer from -2**63 to 2**63 - 1")
}

func readFlags(m *Message, value any, where string) error {
	number, isInteger := value.(int64)
	if !isInteger || number < 0 || number > math.MaxUint32 {
		return refuse(where, "integer from 0 to 2**32 - 1", value)
	}
	m.Flags = uint32(number)
	return nil
}

func readMeta(m *Message, value any, where string) error {
	if value == nil {
		return nil
	}
	fields, isMap := value.(map[string]any)
	if !isMap {
		return refuse(where, "map or null", value)
	}
	m.Meta = make(map[string]string, len(fields))
	for key, value := range fields {
		text, isText := value.(string)
		if !isText {
			return refuse("meta."+key, "text", value)
		}
		m.Meta[key] = text
	}
	return nil
}

func readPath(m *Message, value any, where string) error {
	if value == nil {
		return nil
	}
	items, isArray := value.([]any)
	if !isArray {
		return refuse(where, "array of hops or null", value)
	}
	m.Path = make([]Hop, len(items))
	for i, item := range items {
		if err := readHop(&m.Path[i], item, where+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	return nil
}

func readHop(hop *Hop, value any, where string) error {
	fields, isMap := value.(map[string]any)
	if !isMap {
		return refuse(where, "map", value)
	}
	for _, id := range [...]struct {
		key    string
		target *ID
	}{{"g", &hop.Gear}, {"p", &hop.Port}} {
		if value, found := fields[id.key]; found {
			if err := readID(id.target, value, where+"."+id.key); err != nil {
				return err
			}
		}
	}
	if value, found := fields["t"]; found {
		return readInt(&hop.Time, value, where+".t")
	}
	return nil
}

// checkLimits judges the message by what the bus takes.
func (m *Message) checkLimits() error {
	if len(m.Path) > MaxHops {
		return &LimitError{"hops of path", MaxHops, len(m.Path)}
	}
	size := len(m.Raw)
	for key, value := range m.Meta {
		size += len(key) + len(value)
	}
	for key, value := range m.Data {
		size += len(key)
		if text, isText := value.(string); isText {
			size += len(text)
		}
	}
	if size > MaxBytes {
		return &LimitError{"bytes of raw, meta and the keys and texts of data", MaxBytes, size}
	}
	return nil
}
