package main

import (
	"math"
	"testing"

	"plugbay.dev/guest/reflow"
	"plugbay.dev/guest/reflow/reflowtest"
)

func send(t *testing.T, host *reflowtest.Host, port string) int64 {
	t.Helper()
	outputs, err := reflowtest.Run(host, actor, map[string]reflow.Message{port: reflow.Flow()})
	if err != nil {
		t.Fatal(err)
	}
	count, err := outputs["count"].Integer()
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestTicksAreCountedInSteps(t *testing.T) {
	host := reflowtest.New(t)
	host.Config = `{"step": 5}`
	for _, want := range []int64{5, 10} {
		if got := send(t, host, "tick"); got != want {
			t.Errorf("%d, not %d", got, want)
		}
	}
	if string(host.State["count"]) != "10" {
		t.Error(host.State)
	}
}

func TestAResetStartsAnew(t *testing.T) {
	host := reflowtest.New(t)
	send(t, host, "tick")
	if send(t, host, "reset") != 0 || send(t, host, "tick") != 1 {
		t.Error(host.State)
	}
}

func TestACountThatDoesNotFitStaysWhereItIs(t *testing.T) {
	host := reflowtest.New(t)
	host.State["count"] = []byte("9223372036854775807")
	if got := send(t, host, "tick"); got != math.MaxInt64 {
		t.Error(got)
	}
}

func TestAStepThatLeadsNowhereIsRefused(t *testing.T) {
	if validate(config{Step: 0}) == nil {
		t.Error("a step of nothing")
	}
}
