package fluxrig

import (
	"errors"
	"testing"

	"plugbay.dev/guest/fluxrig/internal/host"
	"plugbay.dev/guest/internal/buffers"
	"plugbay.dev/guest/message"
)

type lines struct {
	host.Host
	logged []string
}

func (l *lines) Log(level uint32, text string) {
	if level == host.Error {
		l.logged = append(l.logged, text)
	}
}

func TestACoreGearLogsItsErrorsAndDrops(t *testing.T) {
	log := &lines{}
	host.Current = log
	before := answer
	t.Cleanup(func() { host.Current, answer = nil, before })
	var reply *Message
	var failure error
	HandleCore(func(*Message) (*Message, error) { return reply, failure })
	input, _ := (&Message{TS: 4}).Encode()

	if answer(input) != 0 {
		t.Error("nil was answered")
	}
	reply = &Message{TS: 5}
	if m, err := message.Decode(buffers.Take(answer(input))); err != nil || m.TS != 5 {
		t.Error(m, err)
	}
	reply, failure = nil, errors.New("no")
	if answer(input) != 0 || answer([]byte{0xff}) != 0 {
		t.Error("an error was answered")
	}
	want := "the message is not valid CBOR: a break stands where a value should"
	if len(log.logged) != 2 || log.logged[0] != "no" || log.logged[1] != want {
		t.Errorf("%q", log.logged)
	}
}

func TestAGearWithoutAHandlerSaysSo(t *testing.T) {
	log := &lines{}
	host.Current = log
	t.Cleanup(func() { host.Current = nil })
	if answer(nil) != 0 || len(log.logged) != 1 {
		t.Errorf("%q", log.logged)
	}
}
