package main

import (
	"testing"

	"plugbay.dev/guest/packed/packedtest"
)

func TestAUserIsMade(t *testing.T) {
	host := packedtest.New(t)
	got, err := createUser(request{"Ada", "ada@example.com"})
	if err != nil || got.Name != "Ada" || got.Email != "ada@example.com" {
		t.Error(got, err)
	}
	if len(host.Logs) != 1 || host.Logs[0] != "info: made the user Ada" {
		t.Error(host.Logs)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	packedtest.New(t)
	for want, wrong := range map[string]request{
		"name is required":             {"", "ada@example.com"},
		"'nowhere' is no mail address": {"Ada", "nowhere"},
	} {
		if _, err := createUser(wrong); err == nil || err.Error() != want {
			t.Error(err)
		}
	}
}
