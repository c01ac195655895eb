package crash

import (
	"errors"
	"strings"
	"testing"
)

func TestAPanicIsOneLineThatSaysWhere(t *testing.T) {
	var lines []string
	defer func() {
		if recover() == nil {
			t.Error("it went on")
		}
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "panic: no such thing; at all at plugbay.dev/guest/internal/crash.fail, crash_test.go:") {
			t.Errorf("%q", lines)
		}
	}()
	Guard(func(line string) { lines = append(lines, line) }, fail)
}

func fail() int {
	panic(errors.New("no such thing\nat all"))
}

func TestRuntimeErrorsAreNamed(t *testing.T) {
	var line string
	func() {
		defer func() { _ = recover() }()
		var empty []int
		Guard(func(text string) { line = text }, func() int { return empty[len(empty)] })
	}()
	if !strings.Contains(line, "index out of range [0] with length 0 at plugbay.dev/guest/internal/crash.TestRuntimeErrorsAreNamed") {
		t.Error(line)
	}
}

type named struct{}

func (named) String() string { return "a name" }

func TestEveryValueHasAText(t *testing.T) {
	for want, value := range map[string]any{
		"text": "text", "7": 7, "a name": named{}, "a value that is no text": 1.5, "\uFFFD": "\xff", "oh": errors.New("oh"),
	} {
		if got := Text(value); got != want {
			t.Errorf("%v: %q", value, got)
		}
	}
}

func TestWithoutAPanicTheAnswerPasses(t *testing.T) {
	if Guard(func(string) { t.Error("logged") }, func() int { return 3 }) != 3 {
		t.Error("another answer")
	}
}
