package typed_test

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/message"
	"plugbay.dev/guest/typed"
)

type card struct {
	PAN string `json:"pan"`
}

type payment struct {
	Card   card             `json:"card"`
	Amount int64            `json:"amount"`
	Small  int8             `json:"small,omitempty"`
	Count  uint64           `json:"count,omitempty"`
	Ratio  float64          `json:"ratio,omitempty"`
	Note   *string          `json:"note"`
	Raw    []byte           `json:"raw,omitempty"`
	Tags   []string         `json:"tags,omitempty"`
	Sums   map[string]int64 `json:"sums,omitempty"`
	Any    any              `json:"any,omitempty"`
	OK     bool             `json:",omitzero"`
	Hidden int              `json:"-"`
}

func data() map[string]any {
	return map[string]any{
		"card": map[string]any{"pan": "4111"}, "amount": int64(5), "small": int64(-128), "count": uint64(math.MaxUint64), "ratio": int64(2),
		"note": "n", "raw": []byte{1}, "tags": []any{"a"}, "sums": map[string]any{"x": int64(1)}, "any": []any{nil}, "OK": true,
		"more": int64(1),
	}
}

func TestDataIsReadAndWritten(t *testing.T) {
	note := "n"
	want := payment{
		Card: card{"4111"}, Amount: 5, Small: -128, Count: math.MaxUint64, Ratio: 2, Note: &note, Raw: []byte{1}, Tags: []string{"a"},
		Sums: map[string]int64{"x": 1}, Any: []any{nil}, OK: true,
	}
	m := &message.Message{Data: data()}
	got, err := typed.Read[payment](m)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v", got, err)
	}
	written := &message.Message{}
	if err := typed.Write(written, got); err != nil {
		t.Fatal(err)
	}
	again, err := typed.Read[payment](written)
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := written.Encode(); err != nil {
		t.Error(err)
	}
	if err := typed.Write(written, payment{}); err != nil || len(written.Data) != 3 || written.Data["note"] != nil {
		t.Error(written.Data, err)
	}
}

func TestWhatDoesNotFitIsNamed(t *testing.T) {
	for want, change := range map[string]func(map[string]any){
		"data.amount: expected integer of int64, found nothing":                      func(d map[string]any) { delete(d, "amount") },
		"data.card.pan: expected text, found nothing":                                func(d map[string]any) { d["card"] = map[string]any{} },
		"data.card: expected map, found null":                                        func(d map[string]any) { d["card"] = nil },
		"data.amount: expected integer of int64, found float 1.5":                    func(d map[string]any) { d["amount"] = 1.5 },
		"data.amount: expected integer of int64, found integer 18446744073709551615": func(d map[string]any) { d["amount"] = uint64(math.MaxUint64) },
		"data.small: expected integer of int8, found integer 128":                    func(d map[string]any) { d["small"] = int64(128) },
		"data.count: expected integer of uint64, found integer -1":                   func(d map[string]any) { d["count"] = int64(-1) },
		"data.tags[0]: expected text, found integer 1":                               func(d map[string]any) { d["tags"] = []any{int64(1)} },
		"data.tags: expected array, found text":                                      func(d map[string]any) { d["tags"] = "a" },
		"data.sums.x: expected integer of int64, found text":                         func(d map[string]any) { d["sums"] = map[string]any{"x": ""} },
		"data.raw: expected bytes, found text":                                       func(d map[string]any) { d["raw"] = "a" },
		"data.note: expected text, found integer 1":                                  func(d map[string]any) { d["note"] = int64(1) },
		"data.ratio: expected number, found text":                                    func(d map[string]any) { d["ratio"] = "1" },
		"data.OK: expected boolean, found integer 1":                                 func(d map[string]any) { d["OK"] = int64(1) },
	} {
		m := &message.Message{Data: data()}
		change(m.Data)
		if _, err := typed.Read[payment](m); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := typed.Read[card](&message.Message{}); !errors.Is(err, message.ErrMissing) {
		t.Error(err)
	}
	for _, wrong := range []any{3, "x", nil, make(chan int), map[string]any{"a": make(chan int)}, struct{ A func() }{}} {
		if err := typed.Write(&message.Message{}, wrong); err == nil {
			t.Errorf("%v was written", wrong)
		}
	}
}

func TestAHandlerGetsTheData(t *testing.T) {
	handler := typed.Handler(func(m *fluxrig.Message, c card) ([]*fluxrig.Message, error) {
		return fluxrig.Send(m.Reply(map[string]any{"seen": c.PAN}))
	})
	answers, err := handler(&fluxrig.Message{Data: map[string]any{"pan": "1"}})
	if err != nil || answers[0].Data["seen"] != "1" {
		t.Error(answers, err)
	}
	if _, err := handler(&fluxrig.Message{}); err == nil {
		t.Error("no data fits")
	}
}
