package main

import (
	"errors"
	"testing"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/fluxrig/fluxrigtest"
)

func pay(user string) (int64, error) {
	answers, err := count(&fluxrig.Message{Data: map[string]any{"user": user}})
	if err != nil {
		return 0, err
	}
	return answers[0].Int("payments")
}

func TestThePaymentsOfEachUserAreCounted(t *testing.T) {
	fluxrigtest.New(t)
	for _, step := range []struct {
		user string
		want int64
	}{{"ada", 1}, {"ada", 2}, {"bob", 1}, {"ada", 3}} {
		if got, err := pay(step.user); err != nil || got != step.want {
			t.Errorf("%s: %d, %v", step.user, got, err)
		}
	}
}

func TestWithoutStateThePaymentIsRejected(t *testing.T) {
	fluxrigtest.New(t).RefuseState = true
	if _, err := pay("ada"); !errors.Is(err, fluxrig.ErrRefused) {
		t.Error(err)
	}
}

func TestAPaymentOfNobodyIsRejected(t *testing.T) {
	fluxrigtest.New(t)
	if _, err := count(&fluxrig.Message{}); err == nil {
		t.Error("nobody paid")
	}
}
