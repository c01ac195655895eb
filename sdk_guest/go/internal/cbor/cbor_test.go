package cbor

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// The examples of RFC 8949, appendix A, that messages may have, and some more.
var readable = map[string]any{
	"00": int64(0), "17": int64(23), "1818": int64(24), "1903e8": int64(1000), "1a000f4240": int64(1000000),
	"1b7fffffffffffffff": int64(math.MaxInt64), "1b8000000000000000": uint64(1 << 63),
	"1bffffffffffffffff": uint64(math.MaxUint64), "20": int64(-1), "3903e7": int64(-1000),
	"3b7fffffffffffffff": int64(math.MinInt64), "1b0000000000000001": int64(1), "f90000": 0.0,
	"f98000": math.Copysign(0, -1), "f93c00": 1.0, "fb3ff199999999999a": 1.1, "f93e00": 1.5, "f97bff": 65504.0,
	"fa47c35000": 100000.0, "fa7f7fffff": float64(math.MaxFloat32), "fb7e37e43c8800759c": 1e300,
	"f90001": 5.960464477539063e-8, "f90400": 0.00006103515625, "f9c400": -4.0, "f97c00": math.Inf(1),
	"f9fc00": math.Inf(-1), "fa7f800000": math.Inf(1), "f4": false, "f5": true, "f6": nil, "40": []byte{},
	"4401020304": []byte{1, 2, 3, 4}, "60": "", "6449455446": "IETF", "62c3bc": "ü", "64f0908591": "𐅑",
	"80": []any{}, "83010203": []any{int64(1), int64(2), int64(3)}, "a0": map[string]any{},
	"a26161016162820203": map[string]any{"a": int64(1), "b": []any{int64(2), int64(3)}},
	"5f42010243030405ff": []byte{1, 2, 3, 4, 5}, "7f657374726561646d696e67ff": "streaming", "5fff": []byte{}, "7fff": "",
	"9fff": []any{}, "9f018202039f0405ffff": []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}},
	"bf61610161629f0203ffff":   map[string]any{"a": int64(1), "b": []any{int64(2), int64(3)}},
	"bb00000000000000016161f6": map[string]any{"a": nil}, "5803010203": []byte{1, 2, 3},
}

func TestReadsEveryFormOfTheValuesOfMessages(t *testing.T) {
	for digits, want := range readable {
		got, err := Decode(unhex(t, digits))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v; want %#v", digits, got, err, want)
		}
	}
}

func TestReadsEveryNaN(t *testing.T) {
	for _, digits := range []string{"f97e00", "f97c01", "fa7fc00000", "fb7ff8000000000000", "f9fe00"} {
		got, err := Decode(unhex(t, digits))
		if number, ok := got.(float64); err != nil || !ok || !math.IsNaN(number) {
			t.Errorf("%s: got %v, %v", digits, got, err)
		}
	}
}

func TestRefusesEverythingElseAndSaysWhy(t *testing.T) {
	for digits, reason := range map[string]string{
		"":                     "end early",
		"18":                   "end early",
		"1b00":                 "end early",
		"62c3":                 "end early",
		"8201":                 "end early",
		"a16161":               "end early",
		"9f01":                 "end early",
		"5f4101":               "end early",
		"0000":                 "1 bytes follow",
		"1c":                   "no item starts",
		"5c":                   "no item starts",
		"1f":                   "no item starts",
		"ff":                   "break",
		"82ff00":               "break",
		"a161610161":           "1 bytes follow",
		"3b8000000000000000":   "below -2**63",
		"c11a514b67b0":         "tags",
		"a161 61c240":          "tags",
		"f7":                   "simple value 23",
		"f0":                   "simple value 16",
		"f8ff":                 "simple value 255",
		"f814":                 "simple value 20",
		"61ff":                 "UTF-8",
		"63eda080":             "UTF-8",
		"7f61c361bcff":         "UTF-8",
		"7f4161ff":             "chunk",
		"5f5f4101ffff":         "chunk",
		"a10102":               "no text",
		"a14161f6":             "no text",
		"a2616101616102":       "a: the key stands twice",
		"bf616101616102ff":     "twice",
		"9bffffffffffffffff":   "end early",
		"bbffffffffffffffff":   "end early",
		"7bffffffffffffffff61": "end early",
		"5affffffff":           "end early",
	} {
		_, err := Decode(unhex(t, strings.ReplaceAll(digits, " ", "")))
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: got %v, want %q", digits, err, reason)
		}
	}
}

func TestAnErrorNamesTheWayToTheValue(t *testing.T) {
	data := encode(t, map[string]any{"data": map[string]any{"cards": []any{1, map[string]any{"pan": 1}}}})
	data = bytes.Replace(data, []byte("cpan\x01"), []byte("cpan\xf7"), 1)
	if _, err := Decode(data); err == nil || !strings.HasPrefix(err.Error(), ".data.cards[1].pan: ") {
		t.Error(err)
	}
	_, err := Append(nil, map[string]any{"a": []any{struct{}{}}})
	if err == nil || err.Error() != ".a[0]: a value of this Go type can't be sent" {
		t.Error(err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	for depth, fits := range map[int]bool{MaxDepth: true, MaxDepth + 1: false, 60000: false} {
		for _, data := range [][]byte{
			append(bytes.Repeat([]byte{0x81}, depth), 0xf6),
			append(bytes.Repeat([]byte("\xa1\x61a"), depth), 0xf6),
			append(append(bytes.Repeat([]byte{0x9f}, depth), 0xf6), bytes.Repeat([]byte{0xff}, depth)...),
		} {
			if _, err := Decode(data); (err == nil) != fits {
				t.Errorf("depth %d: %v", depth, err)
			}
		}
		var value any
		for range depth {
			value = []any{value}
		}
		if _, err := Append(nil, value); (err == nil) != fits {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}

func TestValuesAreBounded(t *testing.T) {
	data := append(appendHead(nil, majorArray, MaxValues), make([]byte, MaxValues)...)
	if _, err := Decode(data); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
}

func TestPromisesTakeNoMemory(t *testing.T) {
	data := bytes.Repeat(unhex(t, "9b000000ffffffffff"), MaxDepth)
	before := testing.AllocsPerRun(10, func() { _, _ = Decode(data) })
	if before > 300 {
		t.Errorf("%v allocations", before)
	}
}

func TestWritesTheShortestFormAndSortedKeys(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "f6"}, {true, "f5"}, {23, "17"}, {24, "1818"}, {255, "18ff"}, {256, "190100"}, {65536, "1a00010000"},
		{int64(1) << 32, "1b0000000100000000"}, {uint64(math.MaxUint64), "1bffffffffffffffff"}, {-1, "20"}, {-25, "3818"},
		{int64(math.MinInt64), "3b7fffffffffffffff"}, {1.5, "fb3ff8000000000000"}, {float32(1.5), "fb3ff8000000000000"},
		{math.NaN(), "fb7ff8000000000001"}, {"ü", "62c3bc"}, {[]byte{1}, "4101"}, {[]byte(nil), "f6"}, {[]any(nil), "f6"},
		{map[string]any(nil), "f6"}, {[]any{1, "a"}, "82016161"}, {[]string{"a"}, "816161"}, {[]int64{1}, "8101"},
		{[]float64{0}, "81fb0000000000000000"}, {[]map[string]any{{}}, "81a0"}, {map[string]string{"b": "", "a": ""}, "a2616160616260"},
		{map[string]any{"z": 1, "b": 2, "aa": 3}, "a362616103616202617a01"}, {int8(-1), "20"}, {uint16(9), "09"},
	} {
		if got := hex.EncodeToString(encode(t, test.value)); got != test.want {
			t.Errorf("%#v: got %s, want %s", test.value, got, test.want)
		}
	}
}

func TestRefusesToWriteWhatIsNoMessage(t *testing.T) {
	for _, value := range []any{struct{}{}, "\xff", map[string]any{"\xff": 1}, []any{make(chan int)}, complex(1, 1), map[int]any{}} {
		if got, err := Append(nil, value); err == nil {
			t.Errorf("%#v: got %x", value, got)
		}
	}
}

// reference is fxamacker/cbor with the rules of messages: what fluxrig reads with is the same without options.
func reference(t testing.TB) cbor.DecMode {
	simple, err := cbor.NewSimpleValueRegistryFromDefaults(cbor.WithRejectedSimpleValue(23))
	if err != nil {
		t.Fatal(err)
	}
	mode, err := cbor.DecOptions{
		DupMapKey:      cbor.DupMapKeyEnforcedAPF,
		TagsMd:         cbor.TagsForbidden,
		IntDec:         cbor.IntDecConvertNone,
		DefaultMapType: reflect.TypeFor[map[string]any](),
		SimpleValues:   simple,
	}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	return mode
}

// normal is what the reference reads as this package would have it.
func normal(value any) any {
	switch v := value.(type) {
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = normal(v[key])
		}
	}
	return value
}

// FuzzDecode holds Decode to fxamacker/cbor: both refuse, or both read the same. And what was read comes back the same
// through Append and through both readers.
func FuzzDecode(f *testing.F) {
	for digits := range readable {
		f.Add(unhex(f, digits))
	}
	f.Add(bytes.Repeat([]byte{0x9f}, 40))
	mode := reference(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data)
		var want any
		wantErr := mode.Unmarshal(data, &want)
		if (err == nil) != (wantErr == nil) {
			if err != nil && knownStricter(err) {
				return
			}
			t.Fatalf("%x: got %v, reference %v", data, err, wantErr)
		}
		if err != nil {
			return
		}
		if !same(got, normal(want)) {
			t.Fatalf("%x: got %#v, reference %#v", data, got, want)
		}
		written := encode(t, got)
		again, err := Decode(written)
		if err != nil || !same(again, got) {
			t.Fatalf("%x: came back as %#v, %v", data, again, err)
		}
		var read any
		if err := cbor.Unmarshal(written, &read); err != nil {
			t.Fatalf("%x: fluxrig can't read %x: %v", data, written, err)
		}
	})
}

// knownStricter are the few things that the reference reads and messages don't have.
func knownStricter(err error) bool {
	for _, reason := range []string{"no text", "simple value", "below -2**63", "nested more"} {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}

// same is DeepEqual with NaN equal to itself.
func same(a, b any) bool {
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		return ok && (math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y))
	}
	if x, ok := a.([]any); ok {
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !same(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	if x, ok := a.(map[string]any); ok {
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key := range x {
			if _, found := y[key]; !found || !same(x[key], y[key]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

func unhex(t testing.TB, digits string) []byte {
	data, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func encode(t testing.TB, value any) []byte {
	data, err := Append(nil, value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
