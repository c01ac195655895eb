package main

import (
	"testing"

	"plugbay.dev/guest/fluxrig"
)

func TestRequestsAreAnswered(t *testing.T) {
	m := &fluxrig.Message{ID: [16]byte{1}, Raw: []byte(`{"from": "EUR", "to": "USD", "amount": 10}`)}
	answers, err := answer(m)
	if err != nil || string(answers[0].Raw) != `{"amount":10.8,"currency":"USD"}` || answers[0].RefID != m.ID {
		t.Error(answers, err)
	}
}

func TestBadRequestsSayWhatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		"":                             "the input is no JSON: unexpected end of JSON input",
		`{"from": "EUR", "to": "USD"}`: "key amount is missing",
		`{"from": "EUR", "to": "XXX", "amount": 1}`: "there is no rate from EUR to XXX",
		`{"from": "EUR", "to": 1, "amount": 1}`:     "key to: expected a text, found number",
	} {
		if _, err := answer(&fluxrig.Message{Raw: []byte(raw)}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
