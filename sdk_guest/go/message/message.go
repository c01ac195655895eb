package message

// A Message is one fluxMsg. The zero Message is empty and may be sent.
type Message struct {
	// ID names the message: a UUID v7.
	ID ID
	// RefID is the parent or the correlated message.
	RefID ID
	// Trace is the OpenTelemetry trace id, in hex.
	Trace string
	// SrcID is the gear that the message came from at first.
	SrcID ID
	// Meta has routing flags and protocol headers. Binary values are "hex:" and hex digits.
	Meta map[string]string
	// Data has the business fields: nil, bool, int64 (uint64 above its range), float64, string, []byte, []any and
	// map[string]any. Other sizes of numbers, []string, []int64, []float64, []map[string]any and map[string]string may
	// be put in.
	Data map[string]any
	// Flags: see SyncProbe; the other bits are reserved.
	Flags uint32
	// Raw are the bytes that came in over the wire, where they are kept. nil is not the same as none.
	Raw []byte
	// Path are the gears passed, oldest first. nil is not the same as none.
	Path []Hop
	// TS is when the message was created, in Unix nanoseconds.
	TS int64
}

// SyncProbe is the bit of Flags that marks a sync probe.
const SyncProbe uint32 = 1

// MaxHops is the most hops of a message.
const MaxHops = 64

// MaxBytes is the most bytes of Raw, the keys and values of Meta and the keys and texts of Data itself, together.
const MaxBytes = 2 << 20

// A Hop is one gear that a message passed.
type Hop struct {
	// Gear and Port say where.
	Gear, Port ID
	// Time is when, in Unix nanoseconds.
	Time int64
}

// Reply makes an answer to the message: its RefID is the message's ID, Trace and Meta are the message's, and all else is
// empty but the data.
func (m *Message) Reply(data map[string]any) *Message {
	return &Message{RefID: m.ID, Trace: m.Trace, Meta: copyMeta(m.Meta), Data: data}
}

// With makes a copy of the message with other data. The copy has a Meta and a Path of its own.
func (m *Message) With(data map[string]any) *Message {
	changed := *m
	changed.Meta = copyMeta(m.Meta)
	changed.Path = append(m.Path[:0:0], m.Path...)
	changed.Data = data
	return &changed
}

// SetMeta sets a key of Meta.
func (m *Message) SetMeta(key, value string) {
	if m.Meta == nil {
		m.Meta = map[string]string{}
	}
	m.Meta[key] = value
}

// AddHop adds a hop to the end of the path.
func (m *Message) AddHop(hop Hop) {
	m.Path = append(m.Path[:len(m.Path):len(m.Path)], hop)
}

func copyMeta(meta map[string]string) map[string]string {
	if meta == nil {
		return nil
	}
	copied := make(map[string]string, len(meta))
	for key, value := range meta {
		copied[key] = value
	}
	return copied
}
