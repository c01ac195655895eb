package message

import (
	"errors"
	"strconv"

	"plugbay.dev/guest/internal/cbor"
)

// Encode returns the message's bytes: one message has the same bytes every time. An error names what can't be sent.
func (m *Message) Encode() ([]byte, error) {
	return m.Append(nil)
}

// Append appends the message's bytes to out. An error names what can't be sent.
func (m *Message) Append(out []byte) ([]byte, error) {
	if m == nil {
		return nil, errors.New("the message is nil")
	}
	if err := m.checkLimits(); err != nil {
		return nil, err
	}
	encoded, err := cbor.Append(out, map[string]any{
		"id":     m.ID[:],
		"ref_id": m.RefID[:],
		"trace":  m.Trace,
		"src_id": m.SrcID[:],
		"meta":   m.Meta,
		"data":   m.Data,
		"flags":  m.Flags,
		"raw":    m.Raw,
		"path":   hops(m.Path),
		"ts":     m.TS,
	})
	if err != nil {
		return nil, errors.New("the message can't be sent: " + reasonOf(err))
	}
	return encoded, nil
}

// AppendAll appends messages as a result has them: nothing for none, the message for one, an array for more. An error
// names what can't be sent.
func AppendAll(out []byte, messages []*Message) ([]byte, error) {
	if len(messages) == 1 {
		return messages[0].Append(out)
	}
	if len(messages) > 1 {
		out = cbor.AppendArrayHead(out, len(messages))
	}
	for i, m := range messages {
		var err error
		if out, err = m.Append(out); err != nil {
			return nil, errors.New("message " + strconv.Itoa(i) + ": " + err.Error())
		}
	}
	return out, nil
}

func hops(path []Hop) []any {
	if path == nil {
		return nil
	}
	items := make([]any, len(path))
	for i, hop := range path {
		items[i] = map[string]any{"g": hop.Gear[:], "p": hop.Port[:], "t": hop.Time}
	}
	return items
}
