package main

import (
	"testing"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/typed"
)

func message(amount int64, pan string) *fluxrig.Message {
	return &fluxrig.Message{Data: map[string]any{"amount": amount, "card": map[string]any{"pan": pan, "brand": "x"}, "note": "n"}}
}

func TestLargePaymentsPassMasked(t *testing.T) {
	answers, err := typed.Handler(filter)(message(1000, "4111111111111111"))
	if err != nil || len(answers) != 1 {
		t.Fatal(answers, err)
	}
	if pan, _ := answers[0].Text("card.pan"); pan != "411111******1111" {
		t.Error(pan)
	}
	if brand, _ := answers[0].Text("card.brand"); brand != "x" || answers[0].Data["note"] != "n" {
		t.Error("the rest changed", answers[0].Data)
	}
}

func TestSmallPaymentsAreDropped(t *testing.T) {
	if answers, err := typed.Handler(filter)(message(999, "4111111111111111")); err != nil || len(answers) != 0 {
		t.Error(answers, err)
	}
}

func TestWhatIsNoPaymentIsAnError(t *testing.T) {
	for _, pan := range []string{"", "4111", "41111111111x1111", "41111111111111111111"} {
		if _, err := typed.Handler(filter)(message(1000, pan)); err == nil {
			t.Error(pan)
		}
	}
	_, err := typed.Handler(filter)(&fluxrig.Message{Data: map[string]any{"amount": int64(1)}})
	if err == nil || err.Error() != "data.card: expected map, found nothing" {
		t.Error(err)
	}
}
