package strictjson

import (
	"encoding/json"
	"reflect"
	"testing"
)

type inner struct {
	Deep int `json:"deep"`
}

type base struct {
	Base string `json:"base"`
}

type request struct {
	base
	Name   string           `json:"name"`
	Count  int64            `json:"count"`
	Ratio  float64          `json:"ratio,omitempty"`
	Note   *string          `json:"note"`
	Items  []inner          `json:"items,omitempty"`
	Named  map[string]inner `json:"named,omitempty"`
	Raw    json.RawMessage  `json:"raw,omitempty"`
	Any    any              `json:"any,omitempty"`
	Plain  bool             `json:",omitempty"`
	Hidden int              `json:"-"`
}

func TestReadsWhatFits(t *testing.T) {
	var got request
	err := Unmarshal([]byte(` {"base": "b", "name": "ä", "count": 9223372036854775807, "note": "n", "items": [{"deep": 1}],
		"named": {"a": {"deep": 2}}, "raw": {"x": 1.0}, "any": [12345678901234567890], "Plain": true, "more": 1} `), &got)
	note := "n"
	want := request{
		base: base{"b"}, Name: "ä", Count: 9223372036854775807, Note: &note, Items: []inner{{1}},
		Named: map[string]inner{"a": {2}}, Raw: json.RawMessage(`{"x": 1.0}`),
		Any: []any{json.Number("12345678901234567890")}, Plain: true,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestNamesWhatDoesNotFit(t *testing.T) {
	const good = `"base": "b", "name": "x", "count": 1`
	for input, want := range map[string]string{
		``:                                       "the input is no JSON: unexpected end of JSON input",
		`{`:                                      "the input is no JSON: unexpected end of JSON input",
		"\"\xff\"":                               "the input is no JSON: it is not valid UTF-8",
		`[]`:                                     "the input: expected an object, found an array",
		`null`:                                   "the input: expected an object, found null",
		`"x"`:                                    "the input: expected an object, found a text",
		`true`:                                   "the input: expected an object, found a boolean",
		`1`:                                      "the input: expected an object, found a number",
		`{"base": "b", "count": 1}`:              "key name is missing",
		`{"name": "x", "count": 1}`:              "key base is missing",
		`{"base": "", "NAME": "", "count": 1}`:   "key name is missing",
		`{"base": "", "name": null, "count": 1}`: "key name: expected a text, found null",
		`{"base": "", "name": 1, "count": 1}`:    "key name: expected a text, found number",
		`{"base": "", "name": "", "count": 1.5}`: "key count: expected an integer of int64, found number 1.5",
		`{"base": "", "name": "", "count": 9223372036854775808}`: "key count: expected an integer of int64, found number 9223372036854775808",
		`{` + good + `, "items": {}}`:                            "key items: expected an array, found an object",
		`{` + good + `, "items": [{}]}`:                          "key deep is missing",
		`{` + good + `, "items": [{"deep": true}]}`:              "key deep: expected an integer of int, found bool",
		`{` + good + `, "named": {"a": 1}}`:                      "key a: expected an object, found a number",
		`{` + good + `, "named": []}`:                            "key named: expected an object, found an array",
	} {
		var got request
		if err := Unmarshal([]byte(input), &got); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", input, err, want)
		}
	}
}

func TestOverlayLeavesWhatIsMissing(t *testing.T) {
	got := request{Name: "before", Count: 3}
	if err := Overlay([]byte(`{"count": 4, "items": [{}]}`), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "before" || got.Count != 4 || len(got.Items) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestWritesNoNeedlessEscapes(t *testing.T) {
	data, err := Marshal(map[string]string{"a": "<&> ü"})
	if err != nil || string(data) != `{"a":"<&> ü"}` {
		t.Errorf("%s, %v", data, err)
	}
	if _, err := Marshal(make(chan int)); err == nil {
		t.Error("a channel is JSON")
	}
}

// FuzzRead holds Unmarshal to encoding/json: what it reads into plain types is the same, and what it refuses is no JSON or
// of another type.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"a": "x\"\\\u00fc", "b": [1, -2], "c": {"d": true}, "e": null, "f": [{}, [], "]}"], "g": 1.5e3}`, `{}`, `[]`, ` { "b" : [ ] } `, `{"a":"\\"}`,
	} {
		f.Add([]byte(seed))
	}
	type values struct {
		A string          `json:"a,omitempty"`
		B []int           `json:"b,omitempty"`
		C map[string]bool `json:"c,omitempty"`
		E *string         `json:"e"`
		F json.RawMessage `json:"f,omitempty"`
		G float64         `json:"g,omitempty"`
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want values
		if err := Unmarshal(data, &got); err != nil {
			return
		}
		var keys map[string]any
		if err := json.Unmarshal(data, &keys); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		for key := range keys {
			if len(key) == 1 && key >= "A" && key <= "Z" || len(key) > 1 && len(key) < 4 {
				return // encoding/json takes other spellings of a key
			}
		}
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %+v, want %+v, %v", data, got, want, err)
		}
	})
}
