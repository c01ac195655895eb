package gear

import (
	"errors"
	"math"
	"unicode/utf8"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/message"
)

func echo(m *message.Message) (*message.Message, error) {
	return m, nil
}

func lookup(m *message.Message) (*message.Message, error) {
	path, err := m.Text("path")
	if err != nil {
		return nil, err
	}
	value, found := m.Get(path)
	return answer(m, map[string]any{"found": found, "value": value})
}

func types(m *message.Message) (*message.Message, error) {
	return answer(m, map[string]any{
		"null":        nil,
		"yes":         true,
		"no":          false,
		"int":         -42,
		"uint":        uint64(math.MaxUint64),
		"float":       0.1,
		"text":        "Grüße, 世界 🚀",
		"empty_text":  "",
		"bytes":       []byte{0x00, 0x7f, 0x80, 0xff},
		"empty_bytes": []byte{},
		"list":        []any{1, "two", []byte{3}, nil, []any{}},
		"empty_list":  []any{},
		"map":         map[string]any{"a": map[string]any{"b": map[string]any{"c": 1}}},
		"empty_map":   map[string]any{},
	})
}

func numbers(m *message.Message) (*message.Message, error) {
	return answer(m, map[string]any{
		"integers": []any{
			0, 1, 23, 24, 255, 256, 65535, 65536, int64(4294967295), int64(4294967296),
			int64(math.MaxInt64), uint64(math.MaxInt64 + 1), uint64(math.MaxUint64),
			-1, -24, -25, -256, -257, -65536, -65537, int64(-4294967296), int64(-4294967297), int64(math.MinInt64),
		},
		"floats": []float64{
			0, math.Copysign(0, -1), 1.5, 0.1, 1e300, math.SmallestNonzeroFloat64,
			math.Inf(1), math.Inf(-1), math.NaN(),
		},
	})
}

func text(m *message.Message) (*message.Message, error) {
	text, err := m.Text("text")
	if err != nil {
		return nil, err
	}
	return answer(m, map[string]any{
		"bytes":   len(text),
		"scalars": utf8.RuneCountInString(text),
		"text":    text + " ✓🚀",
	})
}

func reply(m *message.Message) (*message.Message, error) {
	return m.Reply(map[string]any{"op": "reply"}), nil
}

func drop(*message.Message) (*message.Message, error) {
	return nil, nil
}

func log(m *message.Message) (*message.Message, error) {
	name, nameErr := m.Text("level")
	text, textErr := m.Text("text")
	if err := errors.Join(nameErr, textErr); err != nil {
		return nil, err
	}
	level, known := fluxrig.ParseLevel(name)
	if !known {
		return nil, errors.New("data.level: there is no level " + name)
	}
	fluxrig.Log(level, text)
	return answer(m, map[string]any{})
}

var counted int

func count(m *message.Message) (*message.Message, error) {
	counted++
	return answer(m, map[string]any{"count": counted})
}

func big(m *message.Message) (*message.Message, error) {
	size, err := Size(m, "size")
	if err != nil {
		return nil, err
	}
	blob := make([]byte, size)
	for i := range blob {
		blob[i] = byte(i % 251)
	}
	return answer(m, map[string]any{"blob": blob})
}

// Size is the whole number at a path, one that is no larger than what this guest makes of anything.
func Size(m *message.Message, path string) (int, error) {
	const most = 8 << 20
	size, err := m.Int(path)
	if err == nil && (size < 0 || size > most) {
		err = errors.New("data." + path + ": expected 0 to 8388608")
	}
	return int(size), err
}

func fail(m *message.Message) (*message.Message, error) {
	reason, err := m.Text("reason")
	if err != nil {
		return nil, err
	}
	return nil, errors.New(reason)
}

func trap(*message.Message) (*message.Message, error) {
	panic("the conformance guest was told to trap")
}
