package main

import (
	"errors"
	"testing"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/fluxrig/fluxrigtest"
)

func pay(t *testing.T, card string, seconds int64) int {
	t.Helper()
	m := &fluxrig.Message{TS: seconds * 1e9, Data: map[string]any{"card": map[string]any{"token": card}}}
	answers, err := check(m)
	if err != nil || len(answers) != 1 {
		t.Fatal(answers, err)
	}
	velocity, _ := answers[0].Int("velocity")
	return int(velocity)
}

func TestPaymentsOfACardAreCountedWithinAMinute(t *testing.T) {
	host := fluxrigtest.New(t)
	for i, want := range []int{1, 2, 3} {
		if got := pay(t, "a", int64(i)); got != want {
			t.Errorf("payment %d: %d", i, got)
		}
	}
	if pay(t, "b", 3) != 1 {
		t.Error("another card counts")
	}
	if len(host.Emitted) != 0 {
		t.Error("an alert too early")
	}
	if pay(t, "a", 3) != 4 || len(host.Emitted) != 1 || host.Emitted[0].Data["card"] != "a" {
		t.Error("no alert", host.Emitted)
	}
	if pay(t, "a", 4) != 5 || pay(t, "a", 5) != 5 || len(host.Emitted) != 1 {
		t.Error("an alert for each", host.Emitted)
	}
	if got := pay(t, "a", 70); got != 1 {
		t.Error("old payments count", got)
	}
}

func TestWithoutStateTheMessageIsRejected(t *testing.T) {
	fluxrigtest.New(t).RefuseState = true
	_, err := check(&fluxrig.Message{Data: map[string]any{"card": map[string]any{"token": "a"}}})
	if !errors.Is(err, fluxrig.ErrRefused) {
		t.Error(err)
	}
	if _, err := check(&fluxrig.Message{}); err == nil {
		t.Error("no card is a card")
	}
}
