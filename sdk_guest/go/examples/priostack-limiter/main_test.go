package main

import (
	"strconv"
	"testing"

	"plugbay.dev/guest/packed/packedtest"
)

func ask(t *testing.T, caller string) bool {
	t.Helper()
	answer, err := allow(request{caller})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Allowed
}

func TestABucketEmptiesAndFills(t *testing.T) {
	host := packedtest.New(t)
	clear(buckets)
	for i := range size {
		if !ask(t, "a") {
			t.Errorf("refused at %d", i)
		}
	}
	if ask(t, "a") || !ask(t, "b") {
		t.Error("judged wrongly")
	}
	host.Time += refill - 1
	if ask(t, "a") {
		t.Error("too early")
	}
	host.Time++
	if !ask(t, "a") || ask(t, "a") {
		t.Error("not one token")
	}
	host.Time -= 1e12
	if ask(t, "a") {
		t.Error("a clock that went back made tokens")
	}
}

func TestCallersAreForgottenBeforeTheyAreTooMany(t *testing.T) {
	host := packedtest.New(t)
	clear(buckets)
	for i := range callers {
		ask(t, strconv.Itoa(i))
	}
	ask(t, "one more")
	if len(buckets) != 1 || len(host.Logs) != 1 {
		t.Error(len(buckets), host.Logs)
	}
	for i := range callers - 1 {
		ask(t, strconv.Itoa(i))
	}
	host.Time += size * refill
	ask(t, "another")
	if len(buckets) != 1 || len(host.Logs) != 1 {
		t.Error(len(buckets), host.Logs)
	}
}

func TestACallerHasAName(t *testing.T) {
	if _, err := allow(request{}); err == nil {
		t.Error("nobody may go on")
	}
}
