package message

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	own "plugbay.dev/guest/internal/cbor"
)

func full() *Message {
	return &Message{
		ID: ID{1, 2}, RefID: ID{3}, Trace: "4bf9", SrcID: ID{4},
		Meta:  map[string]string{"event.type": "payment"},
		Data:  map[string]any{"amount": int64(12), "card": map[string]any{"pan": "4111", "cvv": nil}},
		Flags: math.MaxUint32, Raw: []byte{0, 255}, Path: []Hop{{ID{5}, ID{6}, -7}}, TS: math.MinInt64,
	}
}

func TestAMessageComesBackAsItWas(t *testing.T) {
	for _, m := range []*Message{
		full(), {}, {Raw: []byte{}, Path: []Hop{}, Meta: map[string]string{}, Data: map[string]any{}},
	} {
		data, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("got %+v, %v; want %+v", back, err, m)
		}
	}
}

// goMessage is a fluxMsg as fluxrig's own code has it.
type goMessage struct {
	ID    []byte            `cbor:"id"`
	RefID []byte            `cbor:"ref_id"`
	Trace string            `cbor:"trace"`
	SrcID []byte            `cbor:"src_id"`
	Meta  map[string]string `cbor:"meta"`
	Data  map[string]any    `cbor:"data"`
	Flags uint32            `cbor:"flags"`
	Raw   []byte            `cbor:"raw"`
	Path  []struct {
		G []byte `cbor:"g"`
		P []byte `cbor:"p"`
		T int64  `cbor:"t"`
	} `cbor:"path"`
	TS int64 `cbor:"ts"`
}

func TestFluxrigReadsWhatIsWrittenAndIsRead(t *testing.T) {
	data, err := full().Encode()
	if err != nil {
		t.Fatal(err)
	}
	var read goMessage
	if err := cbor.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	written, err := cbor.Marshal(read)
	if err != nil {
		t.Fatal(err)
	}
	// Without options a map inside data is read as a map[any]any, and written the same.
	back, err := Decode(written)
	if err != nil || !reflect.DeepEqual(back, full()) {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestOneMessageHasTheSameBytesEveryTime(t *testing.T) {
	first, _ := full().Encode()
	for range 50 {
		if next, _ := full().Encode(); !bytes.Equal(first, next) {
			t.Fatal("other bytes")
		}
	}
}

func TestMissingKeysAreZeroAndUnknownOnesPassedOver(t *testing.T) {
	m, err := Decode(encode(t, map[string]any{"new": map[string]any{"a": 1}, "ts": 5}))
	if err != nil || !reflect.DeepEqual(m, &Message{TS: 5}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestFieldsOfAnotherTypeAreNamed(t *testing.T) {
	hops := make([]any, MaxHops+1)
	for i := range hops {
		hops[i] = map[string]any{}
	}
	for _, test := range []struct {
		value any
		want  string
	}{
		{7, "message: expected map, found integer 7"},
		{nil, "message: expected map, found null"},
		{map[string]any{"id": "x"}, "id: expected 16 bytes, found text"},
		{map[string]any{"id": nil}, "id: expected 16 bytes, found null"},
		{map[string]any{"ref_id": make([]byte, 15)}, "ref_id: expected 16 bytes, found 15 bytes"},
		{map[string]any{"src_id": make([]byte, 17)}, "src_id: expected 16 bytes, found 17 bytes"},
		{map[string]any{"trace": []byte("x")}, "trace: expected text, found 1 bytes"},
		{map[string]any{"meta": []any{}}, "meta: expected map or null, found array"},
		{map[string]any{"meta": map[string]any{"a": 1}}, "meta.a: expected text, found integer 1"},
		{map[string]any{"data": 1.5}, "data: expected map or null, found float 1.5"},
		{map[string]any{"flags": -1}, "flags: expected integer from 0 to 2**32 - 1, found integer -1"},
		{map[string]any{"flags": int64(1) << 32}, "flags: expected integer from 0 to 2**32 - 1, found integer 4294967296"},
		{map[string]any{"raw": "x"}, "raw: expected bytes or null, found text"},
		{map[string]any{"path": map[string]any{}}, "path: expected array of hops or null, found map"},
		{map[string]any{"path": []any{true}}, "path[0]: expected map, found boolean true"},
		{map[string]any{"path": []any{map[string]any{"p": ""}}}, "path[0].p: expected 16 bytes, found text"},
		{map[string]any{"path": []any{map[string]any{"t": "x"}}}, "path[0].t: expected integer from -2**63 to 2**63 - 1, found text"},
		{map[string]any{"ts": uint64(1) << 63}, "ts: expected integer from -2**63 to 2**63 - 1, found integer 9223372036854775808"},
		{map[string]any{"path": hops}, "hops of path: 65, more than 64"},
		{map[string]any{"raw": make([]byte, MaxBytes+1)}, "bytes of raw, meta and the keys and texts of data: 2097153, more than 2097152"},
	} {
		if _, err := Decode(encode(t, test.value)); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestAMalformedMessageSaysWhere(t *testing.T) {
	data := encode(t, map[string]any{"data": map[string]any{"a": 1}})
	data[len(data)-1] = 0xf7
	_, err := Decode(data)
	var malformed *MalformedError
	if !errors.As(err, &malformed) || err.Error() != "the message is not valid CBOR: data.a: simple value 23 is not allowed" {
		t.Error(err)
	}
	if _, err := Decode(nil); !errors.As(err, &malformed) {
		t.Error(err)
	}
	long := strings.Repeat("ü", 100000)
	_, err = Decode(append(encode(t, map[string]any{long: 1})[:200006], 0xf7))
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

func TestWhatTheBusDoesNotTakeIsNotWritten(t *testing.T) {
	for _, m := range []*Message{
		{Path: make([]Hop, MaxHops+1)},
		{Raw: make([]byte, MaxBytes), Trace: "", Meta: map[string]string{"a": ""}},
		{Data: map[string]any{"a": strings.Repeat("x", MaxBytes)}},
	} {
		var limit *LimitError
		if _, err := m.Encode(); !errors.As(err, &limit) {
			t.Error(err)
		}
	}
	for want, data := range map[string]map[string]any{
		"the message can't be sent: data.a: text is not valid UTF-8":               {"a": "\xff"},
		"the message can't be sent: data.a: a value of this Go type can't be sent": {"a": struct{}{}},
	} {
		if _, err := (&Message{Data: data}).Encode(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := (*Message)(nil).Encode(); err == nil {
		t.Error("nil was written")
	}
}

func TestSeveralMessagesAreAnArray(t *testing.T) {
	one, two := &Message{TS: 1}, &Message{TS: 2}
	if data, err := AppendAll(nil, nil); err != nil || len(data) != 0 {
		t.Error(data, err)
	}
	alone, _ := AppendAll(nil, []*Message{one})
	if m, err := Decode(alone); err != nil || m.TS != 1 {
		t.Error(m, err)
	}
	both, _ := AppendAll(nil, []*Message{one, two})
	var read []goMessage
	if err := cbor.Unmarshal(both, &read); err != nil || len(read) != 2 || read[1].TS != 2 {
		t.Error(read, err)
	}
	_, err := AppendAll(nil, []*Message{one, {Trace: "\xff"}})
	if err == nil || err.Error() != "message 1: the message can't be sent: trace: text is not valid UTF-8" {
		t.Error(err)
	}
}

func TestReplyRefersToTheMessage(t *testing.T) {
	m := full()
	reply := m.Reply(map[string]any{"ok": true})
	want := &Message{RefID: m.ID, Trace: m.Trace, Meta: map[string]string{"event.type": "payment"}, Data: map[string]any{"ok": true}}
	if !reflect.DeepEqual(reply, want) {
		t.Errorf("%+v", reply)
	}
	reply.SetMeta("a", "b")
	if len(m.Meta) != 1 {
		t.Error("the message's own meta changed")
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	m := full()
	copied := m.With(nil)
	copied.SetMeta("a", "b")
	copied.AddHop(Hop{})
	copied.Path[0].Time = 1
	if !reflect.DeepEqual(m, full()) {
		t.Errorf("%+v", m)
	}
}

func encode(t *testing.T, value any) []byte {
	data, err := own.Append(nil, value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
