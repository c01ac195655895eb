package message

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestDottedPathsLeadThroughMaps(t *testing.T) {
	m := full()
	for path, want := range map[string]any{"amount": int64(12), "card.pan": "4111", "card.cvv": nil} {
		if got, found := m.Get(path); !found || got != want {
			t.Errorf("%s: %v %v", path, got, found)
		}
	}
	for _, path := range []string{"", "nothing", "card.nothing", "amount.more", "card.cvv.more", "card."} {
		if got, found := m.Get(path); found || got != nil {
			t.Errorf("%s: %v", path, got)
		}
	}
	if _, found := (&Message{}).Get("a.b"); found {
		t.Error("something in nothing")
	}
}

func TestSetMakesTheMapsOnTheWay(t *testing.T) {
	m := &Message{}
	for _, path := range []string{"a.b.c", "a.b.d", "a.e", "f"} {
		if err := m.Set(path, 1); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]any{"a": map[string]any{"b": map[string]any{"c": 1, "d": 1}, "e": 1}, "f": 1}
	if !reflect.DeepEqual(m.Data, want) {
		t.Error(m.Data)
	}
	if err := m.Set("f.g", 1); err == nil || err.Error() != "data.f: expected map or nothing, found a value of another Go type" {
		t.Error(err)
	}
	if !reflect.DeepEqual(m.Data, want) {
		t.Error("the failure left something", m.Data)
	}
	m.Data["nil"] = map[string]any(nil)
	if err := m.Set("nil.a.b", 1); err != nil || !reflect.DeepEqual(m.Data["nil"], map[string]any{"a": map[string]any{"b": 1}}) {
		t.Error(m.Data, err)
	}
}

func TestDelete(t *testing.T) {
	m := full()
	for _, path := range []string{"card.pan", "amount", "nothing", "no.thing", "card.cvv.more"} {
		m.Delete(path)
	}
	if !reflect.DeepEqual(m.Data, map[string]any{"card": map[string]any{"cvv": nil}}) {
		t.Error(m.Data)
	}
}

func TestGettersTellTypesApart(t *testing.T) {
	m := &Message{Data: map[string]any{
		"int": int64(-1), "uint": uint64(math.MaxUint64), "float": 1.5, "text": "x", "bytes": []byte{1}, "bool": true,
		"list": []any{}, "map": map[string]any{}, "null": nil, "go int": 3,
	}}
	getters := map[string]func(string) (any, error){
		"int":   func(path string) (any, error) { return m.Int(path) },
		"uint":  func(path string) (any, error) { return m.Uint(path) },
		"float": func(path string) (any, error) { return m.Float(path) },
		"text":  func(path string) (any, error) { return m.Text(path) },
		"bytes": func(path string) (any, error) { return m.Bytes(path) },
		"bool":  func(path string) (any, error) { return m.Bool(path) },
		"list":  func(path string) (any, error) { return m.List(path) },
		"map":   func(path string) (any, error) { return m.Map(path) },
	}
	for kind, get := range getters {
		for path, value := range m.Data {
			got, err := get(path)
			fits := path == kind || path == "go int" && (kind == "int" || kind == "uint")
			if fits && (err != nil || path != "go int" && !reflect.DeepEqual(got, value)) {
				t.Errorf("%s of %s: %v, %v", kind, path, got, err)
			}
			if !fits && (err == nil || errors.Is(err, ErrMissing)) {
				t.Errorf("%s of %s: %v, %v", kind, path, got, err)
			}
		}
		if _, err := get("a.b"); !errors.Is(err, ErrMissing) {
			t.Errorf("%s of nothing: %v", kind, err)
		}
	}
	if _, err := m.Text("null"); err.Error() != "data.null: expected text, found null" {
		t.Error(err)
	}
	if _, err := m.Text("a.b"); err.Error() != "data.a.b: expected text, found nothing" {
		t.Error(err)
	}
	if _, err := m.Int("uint"); err.Error() != "data.uint: expected integer from -2**63 to 2**63 - 1, found integer 18446744073709551615" {
		t.Error(err)
	}
}

func TestNumberTakesIntegersAndFloats(t *testing.T) {
	m := &Message{Data: map[string]any{"a": int64(-2), "b": uint64(1 << 63), "c": 0.5, "d": "1"}}
	for path, want := range map[string]float64{"a": -2, "b": 1 << 63, "c": 0.5} {
		if got, err := m.Number(path); err != nil || got != want {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	if _, err := m.Number("d"); err == nil {
		t.Error("a text is a number")
	}
}

func TestIDsAreTextsOfUUIDs(t *testing.T) {
	const text = "01a1fd4a-4160-7430-80df-fbc4634c75c8"
	id, err := ParseID(text)
	if err != nil || id.String() != text || id.IsZero() || id[0] != 1 || id[15] != 0xc8 {
		t.Error(id, err)
	}
	if upper, err := ParseID("01A1FD4A-4160-7430-80DF-FBC4634C75C8"); err != nil || upper != id {
		t.Error(upper, err)
	}
	for _, wrong := range []string{"", text[1:], text + "0", "g" + text[1:], "01a1fd4a-4160-7430-80dffbc4634c75c8-", text[:8] + "x" + text[9:]} {
		if _, err := ParseID(wrong); err == nil {
			t.Error(wrong)
		}
	}
	if !(ID{}).IsZero() {
		t.Error("the zero id is something")
	}
}
