package fluxrig_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/fluxrig/fluxrigtest"
	"plugbay.dev/guest/internal/buffers"
	"plugbay.dev/guest/message"
)

func call(t *testing.T, input []byte, handler fluxrig.Handler) []byte {
	t.Helper()
	return buffers.Take(fluxrig.Call(string(input), handler))
}

func encoded(t *testing.T, m *fluxrig.Message) []byte {
	t.Helper()
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAMessageIsAnswered(t *testing.T) {
	fluxrigtest.New(t)
	input := encoded(t, &fluxrig.Message{TS: 1, Data: map[string]any{"a": int64(1)}})
	result := call(t, input, func(m *fluxrig.Message) ([]*fluxrig.Message, error) {
		m.TS++
		return fluxrig.Send(m)
	})
	m, err := message.Decode(result)
	if err != nil || m.TS != 2 || m.Data["a"] != int64(1) {
		t.Error(m, err)
	}
}

func TestNothingDropsAndSeveralFanOut(t *testing.T) {
	host := fluxrigtest.New(t)
	input := encoded(t, &fluxrig.Message{})
	if result := call(t, input, func(*fluxrig.Message) ([]*fluxrig.Message, error) { return fluxrig.Drop() }); result != nil {
		t.Errorf("%x", result)
	}
	result := call(t, input, func(m *fluxrig.Message) ([]*fluxrig.Message, error) { return fluxrig.Send(m, m) })
	want := append([]byte{0x82}, append(append([]byte{}, input...), input...)...)
	if !reflect.DeepEqual(result, want) || len(host.Rejected) != 0 {
		t.Errorf("%x, %q", result, host.Rejected)
	}
}

func TestErrorsReject(t *testing.T) {
	host := fluxrigtest.New(t)
	input := encoded(t, &fluxrig.Message{})
	for _, handler := range []fluxrig.Handler{
		func(*fluxrig.Message) ([]*fluxrig.Message, error) { return nil, errors.New("no \xff way") },
		func(m *fluxrig.Message) ([]*fluxrig.Message, error) { _, err := m.Int("a"); return nil, err },
		func(m *fluxrig.Message) ([]*fluxrig.Message, error) { return fluxrig.Send(m, nil) },
		func(m *fluxrig.Message) ([]*fluxrig.Message, error) { m.Trace = "\xff"; return fluxrig.Send(m) },
	} {
		if result := call(t, input, handler); result != nil {
			t.Errorf("%x", result)
		}
	}
	want := []string{
		"no \uFFFD way",
		"data.a: expected integer from -2**63 to 2**63 - 1, found nothing",
		"message 1: the message is nil",
		"the message can't be sent: trace: text is not valid UTF-8",
	}
	if !reflect.DeepEqual(host.Rejected, want) || len(host.Logs) != 0 {
		t.Errorf("%q", host.Rejected)
	}
}

func TestMalformedMessagesAreRejectedWithoutTheHandler(t *testing.T) {
	host := fluxrigtest.New(t)
	for _, input := range []string{"", "\xff", "\x07", "\xa1\x64data\x07"} {
		call(t, []byte(input), func(*fluxrig.Message) ([]*fluxrig.Message, error) {
			t.Error("the handler was called")
			return nil, nil
		})
	}
	if len(host.Rejected) != 4 || host.Rejected[3] != "data: expected map or null, found integer 7" {
		t.Errorf("%q", host.Rejected)
	}
}

func TestAPanicIsLoggedOnce(t *testing.T) {
	host := fluxrigtest.New(t)
	func() {
		defer func() { _ = recover() }()
		call(t, encoded(t, &fluxrig.Message{}), func(*fluxrig.Message) ([]*fluxrig.Message, error) { panic("oh") })
		t.Error("it went on")
	}()
	if len(host.Logs) != 1 || !strings.HasPrefix(host.Logs[0], "error: panic: oh at ") {
		t.Errorf("%v", host.Logs)
	}
}

func TestTheHostIsReached(t *testing.T) {
	host := fluxrigtest.New(t)
	if value, found := fluxrig.GetState("a"); found || value != nil {
		t.Error(value)
	}
	if err := fluxrig.PutState("a", []byte("1")); err != nil {
		t.Error(err)
	}
	if value, found := fluxrig.GetState("a"); !found || string(value) != "1" {
		t.Error(value)
	}
	host.RefuseState = true
	if err := fluxrig.PutState("a", nil); !errors.Is(err, fluxrig.ErrRefused) {
		t.Error(err)
	}
	fluxrig.Debug("1")
	fluxrig.Info("2")
	fluxrig.Warn("3\xff")
	fluxrig.Error("4")
	want := []string{"debug: 1", "info: 2", "warn: 3\uFFFD", "error: 4"}
	if !reflect.DeepEqual(host.Logs, want) {
		t.Error(host.Logs)
	}
	if err := fluxrig.Emit(&fluxrig.Message{TS: 9}); err != nil || len(host.Emitted) != 1 || host.Emitted[0].TS != 9 {
		t.Error(err, host.Emitted)
	}
	if err := fluxrig.Emit(&fluxrig.Message{Trace: "\xff"}); err == nil {
		t.Error("emitted what can't be sent")
	}
}

func TestHTTP(t *testing.T) {
	host := fluxrigtest.New(t)
	host.Responses["https://a.example/"] = fluxrig.Response{Status: 201, Headers: map[string]string{"a": "b"}, Body: []byte("x")}
	response, err := fluxrig.HTTP("https://a.example/", []byte("in"))
	if err != nil || !reflect.DeepEqual(*response, host.Responses["https://a.example/"]) {
		t.Errorf("%+v, %v", response, err)
	}
	if _, err := fluxrig.HTTP("https://b.example/", nil); !errors.Is(err, fluxrig.ErrRefused) {
		t.Error(err)
	}
	if len(host.Requests) != 2 || string(host.Requests[0].Body) != "in" {
		t.Error(host.Requests)
	}
}

func TestNewMessagesHaveAnIDOfTheirOwn(t *testing.T) {
	one, err := fluxrig.NewMessage(nil)
	two, _ := fluxrig.NewMessage(nil)
	if err != nil || one.ID == two.ID || one.TS == 0 || one.ID[6]>>4 != 7 || one.ID[8] != 0x80 || one.ID[9]>>6 != 3 {
		t.Error(one.ID, two.ID, err)
	}
	if millis := int64(one.ID[2])<<24 | int64(one.ID[3])<<16 | int64(one.ID[4])<<8 | int64(one.ID[5]); millis != one.TS/1e6&0xffffffff {
		t.Error(one.ID, one.TS)
	}
}

func TestLevelsHaveNames(t *testing.T) {
	for name, want := range map[string]fluxrig.Level{"debug": 1, "info": 2, "warn": 3, "error": 4, "": 0, "trace": 0} {
		if level, known := fluxrig.ParseLevel(name); level != want || known != (want != 0) {
			t.Error(name, level)
		}
	}
}
