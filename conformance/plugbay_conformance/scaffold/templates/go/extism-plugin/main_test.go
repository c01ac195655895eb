package main

import (
	"testing"

	"plugbay.dev/guest/extism/extismtest"
)

func TestTheConfigHasTheWords(t *testing.T) {
	host := extismtest.New(t)
	if got, ok := host.Call(exportGreet, []byte("Ada")); !ok || got != "Hello, Ada!" {
		t.Error(got)
	}
	host.Config["greeting"] = "Hi"
	if got, ok := host.Call(exportGreet, []byte("Ada")); !ok || got != "Hi, Ada!" {
		t.Error(got)
	}
}

func TestNobodyIsAnError(t *testing.T) {
	if got, ok := extismtest.New(t).Call(exportGreet, nil); ok || got != "there is nobody to greet" {
		t.Error(got)
	}
}
