package extism_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"plugbay.dev/guest/extism"
	"plugbay.dev/guest/extism/extismtest"
)

func TestOutputsAndErrors(t *testing.T) {
	host := extismtest.New(t)
	double := func() int32 {
		return extism.Call(func(in []byte) ([]byte, error) {
			if len(in) == 0 {
				return nil, errors.New("nothing \xff")
			}
			return append(in, in...), nil
		})
	}
	if output, ok := host.Call(double, []byte("ab")); !ok || output != "abab" {
		t.Error(output, ok)
	}
	if text, ok := host.Call(double, nil); ok || text != "nothing \uFFFD" {
		t.Error(text, ok)
	}
}

func TestJSON(t *testing.T) {
	host := extismtest.New(t)
	type request struct {
		Name string `json:"name"`
	}
	greet := func() int32 {
		return extism.CallJSON(func(r request) (map[string]string, error) {
			if r.Name == "" {
				return nil, errors.New("nobody")
			}
			return map[string]string{"hello": r.Name}, nil
		})
	}
	for input, want := range map[string]string{
		`{"name": "<ä>"}`: `{"hello":"<ä>"}`,
		`{"name": ""}`:    "nobody",
		`{}`:              "key name is missing",
	} {
		if got, _ := host.Call(greet, []byte(input)); got != want {
			t.Errorf("%s: got %s, want %s", input, got, want)
		}
	}
}

func TestAPanicIsLoggedOnce(t *testing.T) {
	host := extismtest.New(t)
	func() {
		defer func() { _ = recover() }()
		host.Call(func() int32 { return extism.Call(func([]byte) ([]byte, error) { panic("oh") }) }, nil)
		t.Error("it went on")
	}()
	if len(host.Logs) != 1 || !strings.HasPrefix(host.Logs[0], "error: panic: oh at ") {
		t.Error(host.Logs)
	}
}

func TestTheHostIsReached(t *testing.T) {
	host := extismtest.New(t)
	host.Config["a"] = "1"
	if value, found := extism.Config("a"); !found || value != "1" {
		t.Error(value)
	}
	if _, found := extism.Config("b"); found {
		t.Error("there is a b")
	}
	extism.SetVar("v", []byte{1})
	if value, found := extism.Var("v"); !found || value[0] != 1 {
		t.Error(value)
	}
	extism.SetVar("v", nil)
	if _, found := extism.Var("v"); found {
		t.Error("an empty variable is kept")
	}
	extism.SetVar("v", []byte{1})
	extism.RemoveVar("v")
	if len(host.Vars) != 0 {
		t.Error(host.Vars)
	}
	extism.Trace("0")
	extism.Debug("1")
	extism.Info("2")
	extism.Warn("3")
	extism.Error("4\xff")
	if want := []string{"trace: 0", "debug: 1", "info: 2", "warn: 3", "error: 4\uFFFD"}; !reflect.DeepEqual(host.Logs, want) {
		t.Error(host.Logs)
	}
	for i, name := range []string{"trace", "debug", "info", "warn", "error"} {
		if level, known := extism.ParseLevel(name); !known || int(level) != i {
			t.Error(name, level)
		}
	}
	if _, known := extism.ParseLevel("fatal"); known {
		t.Error("fatal is a level")
	}
}

func TestHTTP(t *testing.T) {
	host := extismtest.New(t)
	host.Responses["https://a.example/"] = extism.Response{Status: 404, Body: []byte("x")}
	request := extism.Request{Method: "PUT", URL: "https://a.example/", Headers: map[string]string{"a": "b"}, Body: []byte("y")}
	response, err := extism.HTTP(request)
	if err != nil || response.Status != 404 || string(response.Body) != "x" || response.Headers == nil {
		t.Errorf("%+v, %v", response, err)
	}
	if len(host.Requests) != 1 || !reflect.DeepEqual(host.Requests[0], request) {
		t.Error(host.Requests)
	}
	if _, err := extism.HTTP(extism.Request{Method: "get", URL: "https://a.example/"}); err == nil {
		t.Error("get is a method")
	}
}
