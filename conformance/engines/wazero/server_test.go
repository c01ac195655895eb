package main

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// Modules of these tests, in binary: the Python side's tests have the many that are written as text.
var (
	// (module (memory (export "memory") 1) (func (export "f") (result i32) (i32.const 7)) (func (export "t") (unreachable)))
	small = []byte("\x00asm\x01\x00\x00\x00\x01\x08\x02\x60\x00\x01\x7f\x60\x00\x00\x03\x03\x02\x00\x01\x05\x03\x01\x00\x01" +
		"\x07\x12\x03\x06memory\x02\x00\x01f\x00\x00\x01t\x00\x01\x0a\x0a\x02\x04\x00\x41\x07\x0b\x03\x00\x00\x0b")
	// (module (func (export "s") (loop (br 0))))
	spinning = []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x07\x05\x01\x01s\x00\x00" +
		"\x0a\x09\x01\x07\x00\x03\x40\x0c\x00\x0b\x0b")
)

type conversation struct {
	t      *testing.T
	server *server
}

func converse(t *testing.T) *conversation {
	t.Helper()
	server, err := newServer("", func(*progress) {})
	if err != nil {
		t.Fatal(err)
	}
	return &conversation{t, server}
}

func (c *conversation) ask(r request) *reply {
	c.t.Helper()
	line, err := json.Marshal(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.server.answer(line)
}

func (c *conversation) open(key string, wasm []byte, session int, deadline float64) {
	c.t.Helper()
	open := request{Op: "open_pointers", Session: session, Module: key, Setting: setting{Deadline: deadline}}
	if answer := c.ask(open); !answer.Missing {
		c.t.Fatalf("a module that was never loaded is there: %+v", answer)
	}
	c.ask(request{Op: "load", Module: key, Wasm: wasm})
	if answer := c.ask(open); answer.Stopped != nil || answer.Broken != "" || answer.Missing {
		c.t.Fatalf("it can't be opened: %+v %+v", answer, answer.Stopped)
	}
}

func TestASessionAnswersCallsAndTellsItsMemory(t *testing.T) {
	c := converse(t)
	c.open("small", small, 1, 5)
	if answer := c.ask(request{Op: "call", Session: 1, Export: "f"}); len(answer.Results) != 1 || answer.Results[0] != 7 {
		t.Errorf("f answered %+v", answer)
	}
	if answer := c.ask(request{Op: "pages", Session: 1}); answer.Pages != 1 {
		t.Errorf("it has %d pages", answer.Pages)
	}
	c.ask(request{Op: "write", Session: 1, At: 65535, Data: []byte("x")})
	if answer := c.ask(request{Op: "read", Session: 1, At: 65535, Size: 1}); string(answer.Data) != "x" {
		t.Errorf("read %q", answer.Data)
	}
	if answer := c.ask(request{Op: "read", Session: 1, At: 65535, Size: 2}); answer.Outside == "" {
		t.Error("it read beyond the memory")
	}
}

func TestATrapAndAHangAreAnswers(t *testing.T) {
	c := converse(t)
	c.open("small", small, 1, 5)
	if answer := c.ask(request{Op: "call", Session: 1, Export: "t"}); answer.Stopped == nil || answer.Stopped.Kind != kindTrap {
		t.Errorf("a trap answered %+v", answer)
	}
	c.open("spinning", spinning, 2, 0.05)
	answer := c.ask(request{Op: "call", Session: 2, Export: "s"})
	if answer.Stopped == nil || answer.Stopped.Kind != kindDeadline {
		t.Errorf("a hang answered %+v", answer)
	}
}

func TestWhatIsNoRequestIsAnAnswerToo(t *testing.T) {
	c := converse(t)
	for _, line := range []string{"", "nonsense", "[]", `{"op": "call", "session": 9}`, `{"op": "launch"}`} {
		if answer := c.server.answer([]byte(line)); answer.Broken == "" {
			t.Errorf("%q was answered with %+v", line, answer)
		}
	}
	c.open("small", small, 1, 5)
	if answer := c.ask(request{Op: "launch", Session: 1}); answer.Broken == "" {
		t.Error("an operation that there is not was done")
	}
	if answer := c.ask(request{Op: "run_allocator", Session: 1, Allocator: allocator{Alloc: "x"}}); answer.Stopped == nil {
		t.Errorf("an allocator that there is not was run: %+v", answer)
	}
}

func TestAPanicOfTheProgramsOwnIsAnAnswer(t *testing.T) {
	c := converse(t)
	c.server.pointers[1] = nil
	if answer := c.ask(request{Op: "call", Session: 1}); !strings.Contains(answer.Broken, "nil pointer") {
		t.Errorf("got %+v", answer)
	}
}

func TestModulesThatWereUsedLongestAgoMakeRoom(t *testing.T) {
	c := converse(t)
	for index := range keptModules + 1 {
		c.ask(request{Op: "load", Module: string(rune('a' + index)), Wasm: small})
	}
	if len(c.server.modules) != keptModules || c.server.modules["a"] != nil {
		t.Errorf("it keeps %d modules", len(c.server.modules))
	}
}

func TestABinaryThatIsNoModuleIsNoSession(t *testing.T) {
	c := converse(t)
	c.ask(request{Op: "load", Module: "m", Wasm: []byte("nonsense")})
	for _, operation := range []string{"open_pointers", "open_calls"} {
		answer := c.ask(request{Op: operation, Module: "m", Setting: setting{Deadline: 1}})
		if answer.Stopped == nil || answer.Stopped.Kind != kindLink {
			t.Errorf("%s answered %+v", operation, answer)
		}
	}
}

func TestTheProgramGreetsAnswersAndEndsWithItsInput(t *testing.T) {
	in, requests := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan error)
	go func() { done <- run(in, out, "") }()
	lines := bufio.NewScanner(answers)
	lines.Scan()
	var found greeting
	if err := json.Unmarshal(lines.Bytes(), &found); err != nil || found.Program != "plugbay-wazero" || found.Protocol != protocol {
		t.Fatalf("it greets with %s", lines.Text())
	}
	_, _ = io.WriteString(requests, `{"op": "pages", "session": 1}`+"\n")
	lines.Scan()
	if !strings.Contains(lines.Text(), "there is no session 1") {
		t.Errorf("it answered %s", lines.Text())
	}
	_ = requests.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestEveryHostFunctionHasASignatureThatCanBeRead(t *testing.T) {
	for _, functions := range []map[string]hostFunction{envFunctions(), wasiFunctions(), glueFunctions()} {
		for name, function := range functions {
			params, results := valueTypes(function.signature)
			if strings.Count(function.signature, ":") != 1 || len(params)+len(results)+1 != len(function.signature) {
				t.Errorf("%s has the signature %q", name, function.signature)
			}
		}
	}
	if len(wasiFunctions()) != 46 {
		t.Errorf("WASI has %d functions", len(wasiFunctions()))
	}
}

func TestNothingReachesANetwork(t *testing.T) {
	closeNetwork()
	canned := newCannedHTTP([]response{{URL: "https://a.example/", Status: 204}})
	if len(canned.responses) != 1 {
		t.Fatal("a canned response was lost")
	}
	if _, err := (noNetwork{}).RoundTrip(mustRequest(t)); err == nil {
		t.Error("a request of no session was made")
	}
}
