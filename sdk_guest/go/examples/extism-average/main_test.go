package main

import (
	"testing"

	"plugbay.dev/guest/reflow"
	"plugbay.dev/guest/reflow/reflowtest"
)

func read(t *testing.T, host *reflowtest.Host, inputs map[string]reflow.Message) float64 {
	t.Helper()
	outputs, err := reflowtest.Run(host, actor, inputs)
	if err != nil {
		t.Fatal(err)
	}
	average, _ := outputs["average"].Float()
	return average
}

func TestTheLastReadingsAreAveraged(t *testing.T) {
	host := reflowtest.New(t)
	for _, step := range [][2]float64{{1, 1}, {3, 2}, {5, 3}, {7, 5}} {
		if got := read(t, host, map[string]reflow.Message{"reading": reflow.Float(step[0])}); got != step[1] {
			t.Errorf("after %v: %v", step[0], got)
		}
	}
	if string(host.State["readings"]) != "[3,5,7]" {
		t.Error(host.State)
	}
}

func TestResetComesFirst(t *testing.T) {
	host := reflowtest.New(t)
	read(t, host, map[string]reflow.Message{"reading": reflow.Float(100)})
	got := read(t, host, map[string]reflow.Message{"reset": reflow.Flow(), "reading": reflow.Float(2)})
	if got != 2 {
		t.Error(got)
	}
	read(t, host, map[string]reflow.Message{"reset": reflow.Flow()})
	if string(host.State["readings"]) != "[]" {
		t.Error(host.State)
	}
}

func TestAWindowHasASize(t *testing.T) {
	host := reflowtest.New(t)
	host.Config = `{"window": 0}`
	if _, err := reflowtest.Run(host, actor, map[string]reflow.Message{"reset": reflow.Flow()}); err == nil {
		t.Error("a window of nothing")
	}
}
