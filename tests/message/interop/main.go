// Command interop is the Go side of the interoperability test: fluxMsg as fluxrig defines it, through fxamacker/cbor.
//
//	go run . encode > vectors.json     write messages that Go encoded, with their fields as JSON
//	go run . verify < ours.json        check that messages that we encoded decode to the fields beside them
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
)

type hop struct {
	Gear uuid.UUID `cbor:"g"`
	Port uuid.UUID `cbor:"p"`
	Time int64     `cbor:"t"`
}

type message struct {
	ID    uuid.UUID         `cbor:"id"`
	RefID uuid.UUID         `cbor:"ref_id"`
	Trace string            `cbor:"trace"`
	SrcID uuid.UUID         `cbor:"src_id"`
	Meta  map[string]string `cbor:"meta"`
	Data  map[string]any    `cbor:"data"`
	Flags uint32            `cbor:"flags"`
	Raw   []byte            `cbor:"raw"`
	Path  []hop             `cbor:"path"`
	TS    int64             `cbor:"ts"`
}

// vector is one message: its bytes in hex, and its line in plugbay's NDJSON form.
type vector struct {
	Name string          `json:"name"`
	CBOR string          `json:"cbor"`
	Line json.RawMessage `json:"line"`
}

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "encode":
		err = encode()
	case len(os.Args) == 2 && os.Args[1] == "verify":
		err = verify()
	default:
		err = fmt.Errorf("usage: interop encode|verify")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func encode() error {
	var vectors []vector
	for _, sample := range samples() {
		encoded, err := cbor.Marshal(sample.message)
		if err != nil {
			return err
		}
		line, err := json.Marshal(asLine(sample.message))
		if err != nil {
			return err
		}
		vectors = append(vectors, vector{sample.name, hex.EncodeToString(encoded), line})
	}
	output := json.NewEncoder(os.Stdout)
	output.SetIndent("", " ")
	return output.Encode(vectors)
}

// verify decodes each vector and compares it with the Go message of the same name.
func verify() error {
	var vectors []vector
	if err := json.NewDecoder(os.Stdin).Decode(&vectors); err != nil {
		return err
	}
	expected := map[string]message{}
	for _, sample := range samples() {
		expected[sample.name] = sample.message
	}
	for _, one := range vectors {
		encoded, err := hex.DecodeString(one.CBOR)
		if err != nil {
			return err
		}
		var decoded message
		if err := cbor.Unmarshal(encoded, &decoded); err != nil {
			return fmt.Errorf("%s: %w", one.Name, err)
		}
		want, known := expected[one.Name]
		if !known {
			return fmt.Errorf("%s: no such message", one.Name)
		}
		if !reflect.DeepEqual(normal(decoded), normal(want)) {
			return fmt.Errorf("%s: decoded %#v, expected %#v", one.Name, decoded, want)
		}
	}
	fmt.Println(len(vectors))
	return nil
}

// normal brings a message to the form that Go decodes to: generic maps and integers, and no difference between a nil and
// an empty map, which our messages do not tell apart.
func normal(m message) message {
	if m.Meta == nil {
		m.Meta = map[string]string{}
	}
	if m.Data == nil {
		m.Data = map[string]any{}
	}
	encoded, err := cbor.Marshal(m)
	if err != nil {
		panic(err)
	}
	var again message
	if err := cbor.Unmarshal(encoded, &again); err != nil {
		panic(err)
	}
	return again
}

// asLine is the message in plugbay's NDJSON form.
func asLine(m message) map[string]any {
	line := map[string]any{
		"id": m.ID, "ref_id": m.RefID, "trace": m.Trace, "src_id": m.SrcID, "meta": m.Meta,
		"data": asJSON(m.Data), "flags": m.Flags, "ts": m.TS,
	}
	if m.Raw != nil {
		line["raw"] = asJSON(m.Raw)
	}
	if m.Path != nil {
		hops := []any{}
		for _, one := range m.Path {
			hops = append(hops, map[string]any{"g": one.Gear, "p": one.Port, "t": one.Time})
		}
		line["path"] = hops
	}
	return line
}

func asJSON(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		if typed == nil {
			return nil
		}
		inner := map[string]any{}
		for key, item := range typed {
			inner[key] = asJSON(item)
		}
		return inner
	case []any:
		inner := []any{}
		for _, item := range typed {
			inner = append(inner, asJSON(item))
		}
		return inner
	case []byte:
		return map[string]any{"$bytes": typed}
	case float64:
		switch {
		case math.IsNaN(typed):
			return map[string]any{"$float": "nan"}
		case math.IsInf(typed, 1):
			return map[string]any{"$float": "inf"}
		case math.IsInf(typed, -1):
			return map[string]any{"$float": "-inf"}
		case typed == math.Trunc(typed) && math.Abs(typed) < 1e15:
			return json.RawMessage(fmt.Sprintf("%.1f", typed))
		}
	}
	return value
}
