package main

import (
	"math"
	"strings"

	"github.com/google/uuid"
)

type sample struct {
	name    string
	message message
}

var (
	messageID = uuid.MustParse("01a1fd24-58e9-7943-80d4-46c6a3ebca5b")
	gearID    = uuid.MustParse("01a1fd24-58e9-7915-8170-6766e06a8a26")
	portID    = uuid.MustParse("01a1fd24-58e9-7930-818c-21ae8ac8a625")
)

func samples() []sample {
	return []sample{
		{"zero: nil maps and slices", message{}},
		{"empty maps and slices", message{
			Meta: map[string]string{}, Data: map[string]any{}, Raw: []byte{}, Path: []hop{},
		}},
		{"a card payment", message{
			ID: messageID, RefID: gearID, Trace: "4bf92f3577b34da6a3ce929d0e0e4736", SrcID: gearID,
			Meta: map[string]string{"conn.id": "c-17", "mac": "hex:00ff"},
			Data: map[string]any{
				"card":   map[string]any{"pan": "5f2a9c0e1b7d4438", "country": "NL"},
				"amount": int64(12999), "lat": 52.37, "contactless": true, "mcc": "5411",
			},
			Flags: 1, Raw: []byte{0, 1, 0xff}, Path: []hop{{gearID, portID, 1795334400000000000}}, TS: 1795334400000000001,
		}},
		{"integers at their borders", message{
			ID: messageID, Flags: math.MaxUint32, TS: math.MinInt64,
			Path: []hop{{gearID, portID, math.MaxInt64}},
			Data: map[string]any{
				"0": 0, "23": 23, "24": 24, "255": 255, "256": 256, "65536": 65536, "2**32": uint64(1 << 32),
				"-1": -1, "-24": -24, "-25": -25, "-256": -256, "-257": -257,
				"max": int64(math.MaxInt64), "min": int64(math.MinInt64), "unsigned": uint64(math.MaxUint64),
			},
		}},
		{"floats", message{ID: messageID, Data: map[string]any{
			"one": 1.0, "tenth": 0.1, "negative zero": math.Copysign(0, -1), "large": 1e300, "small": 5e-324,
			"inf": math.Inf(1), "-inf": math.Inf(-1),
		}}},
		{"everything nested", message{ID: messageID, Data: map[string]any{
			"list":  []any{nil, true, false, "text", []byte("bytes"), []any{}, map[string]any{}},
			"deep":  map[string]any{"er": map[string]any{"list": []any{map[string]any{"x": 1}}}},
			"empty": "", "": "empty key",
		}}},
		{"text beyond ASCII", message{
			ID: messageID, Trace: "é", Meta: map[string]string{"größe": "大きい"},
			Data: map[string]any{"🎉": "party 🎉", "nul": "\x00", "long": strings.Repeat("ü", 300)},
		}},
	}
}
