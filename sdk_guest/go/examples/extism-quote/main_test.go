package main

import (
	"testing"

	"plugbay.dev/guest/extism/extismtest"
)

func TestQuotesAreNumbered(t *testing.T) {
	host := extismtest.New(t)
	host.Config["discount"] = "10"
	for _, want := range []string{`{"number":1,"item":"wrench","cents":3582}`, `{"number":2,"item":"wrench","cents":3582}`} {
		got, ok := host.Call(exportQuote, []byte(`{"item": "wrench", "quantity": 2}`))
		if !ok || got != want {
			t.Error(got)
		}
	}
}

func TestBadRequestsSayWhatIsWrong(t *testing.T) {
	host := extismtest.New(t)
	for input, want := range map[string]string{
		`{"item": "bolt"}`:                 "key quantity is missing",
		`{"item": "saw", "quantity": 1}`:   "there is no item saw",
		`{"item": "bolt", "quantity": 0}`:  "key quantity: expected 1 to 1000000",
		`{"item": "bolt", "quantity": ""}`: "key quantity: expected an integer of int64, found string",
	} {
		if got, ok := host.Call(exportQuote, []byte(input)); ok || got != want {
			t.Errorf("%s: %s", input, got)
		}
	}
	host.Config["discount"] = "half"
	if got, ok := host.Call(exportQuote, []byte(`{"item": "bolt", "quantity": 1}`)); ok || got != "config discount: expected a percentage" {
		t.Error(got)
	}
	if len(host.Vars) != 0 {
		t.Error("a quote that was none was counted")
	}
}
