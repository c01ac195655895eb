package main

import (
	"testing"

	"plugbay.dev/guest/reflow"
	"plugbay.dev/guest/reflow/reflowtest"
)

func TestOnlyReadingsOutsidePass(t *testing.T) {
	host := reflowtest.New(t)
	host.Config = `{"high": 10}`
	for reading, want := range map[float64]float64{-1: 1, 0: 0, 10: 0, 12.5: 2.5} {
		outputs, err := reflowtest.Run(host, actor, map[string]reflow.Message{"reading": reflow.Float(reading)})
		if err != nil {
			t.Fatal(err)
		}
		message, found := outputs["outside"]
		if got, _ := message.Float(); got != want || found != (want > 0) {
			t.Errorf("%v: %v", reading, outputs)
		}
	}
	if len(host.Logs) != 2 || host.Logs[0] != "info: a reading is outside" {
		t.Error(host.Logs)
	}
}

func TestOtherMessagesFail(t *testing.T) {
	host := reflowtest.New(t)
	for _, message := range []reflow.Message{reflow.String("1"), {Type: reflow.TypeFloat, Data: []byte(`"1"`)}} {
		if _, err := reflowtest.Run(host, actor, map[string]reflow.Message{"reading": message}); err == nil {
			t.Error(message)
		}
	}
}

func TestARangeIsNotUpsideDown(t *testing.T) {
	if validate(config{1, 0}) == nil || validate(config{1, 1}) != nil {
		t.Error("judged wrongly")
	}
}
