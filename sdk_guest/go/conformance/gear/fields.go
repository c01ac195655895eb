package gear

import (
	"errors"
	"math"
	"slices"

	"plugbay.dev/guest/message"
)

// fields changes every field and a value of each type.
func fields(m *message.Message) (*message.Message, error) {
	data, err := changedData(m)
	if err != nil {
		return nil, err
	}
	hop := message.Hop{Gear: m.SrcID, Port: m.ID, Time: m.TS}
	m.RefID = m.ID
	slices.Reverse(m.ID[:])
	slices.Reverse(m.SrcID[:])
	m.Trace += "-ok"
	delete(m.Meta, "remove.me")
	m.SetMeta("conformance", "yes")
	m.Flags ^= message.SyncProbe
	slices.Reverse(m.Raw)
	m.AddHop(hop)
	m.TS++
	return answer(m, data)
}

func changedData(m *message.Message) (map[string]any, error) {
	number, intErr := plusOne(m, "int")
	float, floatErr := m.Float("float")
	text, textErr := m.Text("text")
	yes, boolErr := m.Bool("bool")
	bytes, bytesErr := m.Bytes("bytes")
	list, listErr := m.List("list")
	inner, mapErr := m.Map("map")
	if err := errors.Join(intErr, floatErr, textErr, boolErr, bytesErr, listErr, mapErr); err != nil {
		return nil, err
	}
	slices.Reverse(bytes)
	slices.Reverse(list)
	inner["added"] = 1
	return map[string]any{
		"int":   number,
		"float": float * 2,
		"text":  text + "!",
		"bool":  !yes,
		"bytes": bytes,
		"list":  list,
		"map":   inner,
	}, nil
}

// plusOne adds 1 to an integer of either sign, over the whole range that messages have.
func plusOne(m *message.Message, path string) (any, error) {
	if number, err := m.Int(path); err == nil && number < math.MaxInt64 {
		return number + 1, nil
	}
	number, err := m.Uint(path)
	if err == nil && number == math.MaxUint64 {
		err = errors.New("data." + path + ": the sum does not fit into 64 bits")
	}
	return number + 1, err
}
