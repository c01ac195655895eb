package packed_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"plugbay.dev/guest/internal/buffers"
	"plugbay.dev/guest/packed"
	"plugbay.dev/guest/packed/packedtest"
)

const failed = 1 << 63

func open(result packed.Result) (string, bool) {
	return string(buffers.Take(uint64(result) &^ failed)), uint64(result)&failed == 0
}

func TestOutputsAndErrors(t *testing.T) {
	if output, ok := open(packed.Call("in", func(in []byte) ([]byte, error) { return append(in, "out"...), nil })); !ok || output != "inout" {
		t.Error(output, ok)
	}
	if result := packed.Call("", func(in []byte) ([]byte, error) { return in, nil }); result != 0 {
		t.Error(result)
	}
	if message, ok := open(packed.Call("", func([]byte) ([]byte, error) { return []byte("x"), errors.New("no \xff") })); ok || message != "no \uFFFD" {
		t.Error(message, ok)
	}
	if result := packed.Call("", func([]byte) ([]byte, error) { return nil, errors.New("") }); result != failed {
		t.Error(result)
	}
}

type request struct {
	Name string `json:"name"`
}

func TestJSON(t *testing.T) {
	greet := func(r request) (map[string]string, error) {
		if r.Name == "" {
			return nil, errors.New("nobody")
		}
		return map[string]string{"hello": r.Name}, nil
	}
	for input, want := range map[string]string{
		`{"name": "<ä>"}`: `true {"hello":"<ä>"}`,
		`{"name": ""}`:    "false nobody",
		`{}`:              "false key name is missing",
		`x`:               "false the input is no JSON: invalid character 'x' looking for beginning of value",
	} {
		output, ok := open(packed.CallJSON(input, greet))
		if got := map[bool]string{true: "true ", false: "false "}[ok] + output; got != want {
			t.Errorf("%s: got %s, want %s", input, got, want)
		}
	}
	if message, ok := open(packed.CallJSON(`{"name": ""}`, func(request) (any, error) { return make(chan int), nil })); ok {
		t.Error(message)
	}
}

func TestAPanicIsLoggedOnce(t *testing.T) {
	host := packedtest.New(t)
	func() {
		defer func() { _ = recover() }()
		packed.Call("", func([]byte) ([]byte, error) { panic("oh") })
		t.Error("it went on")
	}()
	if len(host.Logs) != 1 || !strings.HasPrefix(host.Logs[0], "error: panic: oh at ") {
		t.Error(host.Logs)
	}
}

func TestTheHostIsReached(t *testing.T) {
	host := packedtest.New(t)
	host.Time, host.Byte = 5, 7
	if packed.Now() != 5 || !reflect.DeepEqual(packed.Random(2), []byte{7, 7}) || len(packed.Random(0)) != 0 {
		t.Error(packed.Now(), packed.Random(2))
	}
	packed.Debug("1")
	packed.Info("2")
	packed.Warn("3")
	packed.Error("4\xff")
	if want := []string{"debug: 1", "info: 2", "warn: 3", "error: 4\uFFFD"}; !reflect.DeepEqual(host.Logs, want) {
		t.Error(host.Logs)
	}
	for name, want := range map[string]packed.Level{"debug": 1, "info": 2, "warn": 3, "error": 4, "": 0, "trace": 0} {
		if level, known := packed.ParseLevel(name); level != want || known != (want != 0) {
			t.Error(name, level)
		}
	}
}

func TestWithoutAHostThereIsTheMachines(t *testing.T) {
	if packed.Now() == 0 || reflect.DeepEqual(packed.Random(16), make([]byte, 16)) {
		t.Error("neither time nor randomness")
	}
	packed.Info("nowhere")
}
