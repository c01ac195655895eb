package main

import (
	"reflect"
	"testing"

	"plugbay.dev/guest/packed/packedtest"
)

func TestComments(t *testing.T) {
	host := packedtest.New(t)
	for comment, want := range map[string]string{
		"fine,  thanks":               "fine, thanks",
		"SCHÖN see https://x.example": "schön see [link]",
		"a NATO 1234 !!!!":            "a nato 1234 !!!!",
		"best CASINO!":                "",
		"":                            "",
	} {
		if got, err := moderate([]byte(comment)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", comment, got, err)
		}
	}
	if want := []string{"info: a comment was dropped for the word casino"}; !reflect.DeepEqual(host.Logs, want) {
		t.Error(host.Logs)
	}
	if _, err := moderate([]byte("\xff")); err == nil {
		t.Error("no text is a comment")
	}
}
