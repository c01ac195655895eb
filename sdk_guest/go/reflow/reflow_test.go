package reflow_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"plugbay.dev/guest/reflow"
	"plugbay.dev/guest/reflow/reflowtest"
)

type config struct {
	Step int64 `json:"step"`
}

type state struct {
	Count int64 `json:"count"`
}

type context = reflow.Context[config, state]

func actor(process func(c *context) error) reflow.Actor[config, state] {
	return reflow.Actor[config, state]{Component: "Test", Defaults: config{Step: 1}, Process: process}
}

func count(c *context) error {
	c.State.Count += c.Config.Step
	c.SaveState()
	c.Output("count", reflow.Integer(c.State.Count))
	return nil
}

func TestAnActorCounts(t *testing.T) {
	host := reflowtest.New(t)
	for want := int64(1); want < 4; want++ {
		outputs, err := reflowtest.Run(host, actor(count), map[string]reflow.Message{"tick": reflow.Flow()})
		if got, _ := outputs["count"].Integer(); err != nil || got != want || len(outputs) != 1 {
			t.Fatal(outputs, err)
		}
	}
	host.Config = `{"step": 10, "other": 1}`
	outputs, err := reflowtest.Run(host, actor(count), nil)
	if got, _ := outputs["count"].Integer(); err == nil || got != 0 {
		t.Error("no payload is a message")
	}
	outputs, err = reflowtest.Run(host, actor(count), map[string]reflow.Message{})
	if got, _ := outputs["count"].Integer(); err != nil || got != 13 || string(host.State["count"]) != "13" {
		t.Error(outputs, err, host.State)
	}
}

func TestWhatDoesNotFitFailsTheMessage(t *testing.T) {
	ok := `"config": {"config": null}, "state": null`
	for input, want := range map[string]string{
		`x`:            "the actor's context is not what Reflow writes",
		`{` + ok + `}`: "no payload",
		`{"payload": {}, "config": {"config": {"step": "x"}}}`:   "config: key step: expected an integer of int64, found string",
		`{"payload": {}, "config": {"config": []}}`:              "config: the input: expected an object",
		`{"payload": {}, "config": {}, "state": {"count": 1.5}}`: "state: key count",
	} {
		_, err := actor(count).Answer([]byte(input))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", input, err, want)
		}
	}
	for want, process := range map[string]func(c *context) error{
		"no":                                      func(*context) error { return errors.New("no") },
		"port a: json: unsupported value: NaN":    func(c *context) error { c.Output("a", reflow.Float(math.NaN())); return nil },
		"port a: the value is not an object":      func(c *context) error { c.Output("a", reflow.Object([]int{1})); return nil },
		"port a: the value is not an array":       func(c *context) error { c.Output("a", reflow.Array([]byte{1})); return nil },
		"state: is no object":                     func(c *context) error { c.ReplaceState([]int{1}); return nil },
		"state: json: unsupported type: chan int": func(c *context) error { c.ReplaceState(make(chan int)); return nil },
	} {
		if output, err := actor(process).Answer([]byte(`{"payload": {}, ` + ok + `}`)); err == nil || err.Error() != want {
			t.Errorf("got %s, %v; want %s", output, err, want)
		}
	}
}

func TestTheResultIsWhatReflowReads(t *testing.T) {
	output, err := actor(func(c *context) error {
		for name, m := range map[string]reflow.Message{
			"a": reflow.Flow(), "b": reflow.Event(map[string]string{"k": "<"}), "c": reflow.Boolean(true), "d": reflow.Integer(math.MinInt64),
			"e": reflow.Float(2), "f": reflow.String("ü"), "g": reflow.Object(state{1}), "h": reflow.Array([]any{1, nil}),
			"i": reflow.Stream([]byte{0, 255}), "j": reflow.Optional(nil), "k": reflow.Any([]bool{}), "l": reflow.Error("no"),
			"m": reflow.Stream(nil), "n": reflow.Float(1e300),
		} {
			c.Output(name, m)
		}
		return nil
	}).Answer([]byte(`{"payload": {}}`))
	want := `{"outputs":{"a":{"type":"Flow","data":null},"b":{"type":"Event","data":{"k":"<"}},"c":{"type":"Boolean","data":true},` +
		`"d":{"type":"Integer","data":-9223372036854775808},"e":{"type":"Float","data":2.0},"f":{"type":"String","data":"ü"},` +
		`"g":{"type":"Object","data":{"count":1}},"h":{"type":"Array","data":[1,null]},"i":{"type":"Stream","data":[0,255]},` +
		`"j":{"type":"Optional","data":null},"k":{"type":"Any","data":[]},"l":{"type":"Error","data":"no"},"m":{"type":"Stream","data":[]},` +
		`"n":{"type":"Float","data":1e+300}}}`
	if err != nil || string(output) != want {
		t.Errorf("%s, %v", output, err)
	}
	output, _ = actor(func(*context) error { return nil }).Answer([]byte(`{"payload": {}}`))
	if string(output) != `{"outputs":{}}` {
		t.Error(string(output))
	}
}

func TestMessagesPassUnchanged(t *testing.T) {
	const input = `{"payload":{"a":{"type":"Integer","data":9223372036854775807},"b":{"type":"Flow"},"c":{"type":"Object","data":{"x":1.0,"y":[null]}}}}`
	output, err := actor(func(c *context) error {
		for port, m := range c.Inputs {
			c.Output(port, m)
		}
		return nil
	}).Answer([]byte(input))
	if want := strings.Replace(input, "payload", "outputs", 1); err != nil || string(output) != want {
		t.Errorf("%s, %v", output, err)
	}
}

func TestGettersTellTypesApart(t *testing.T) {
	message := func(kind reflow.Type, data string) reflow.Message {
		return reflow.Message{Type: kind, Data: json.RawMessage(data)}
	}
	if got, err := message("Integer", "4.0").Integer(); err != nil || got != 4 {
		t.Error(got, err)
	}
	for _, data := range []string{"4.5", "1e30", "9223372036854775808", `"4"`, "null", "-9223372036854775809"} {
		if got, err := message("Integer", data).Integer(); err == nil {
			t.Error(data, got)
		}
	}
	if got, err := message("Float", "4").Float(); err != nil || got != 4 {
		t.Error(got, err)
	}
	if got, err := message("Stream", "[0,255]").Stream(); err != nil || !reflect.DeepEqual(got, []byte{0, 255}) {
		t.Error(got, err)
	}
	for _, data := range []string{"[256]", "[-1]", `"AAE="`, "null"} {
		if got, err := message("Stream", data).Stream(); err == nil {
			t.Error(data, got)
		}
	}
	if got, err := message("Error", `"no"`).Text(); err != nil || got != "no" {
		t.Error(got, err)
	}
	if _, err := message("String", `"x"`).Boolean(); err == nil || err.Error() != "expected a message of type Boolean, found String" {
		t.Error(err)
	}
	if got, err := reflow.Boolean(true).Boolean(); err != nil || !got {
		t.Error(got, err)
	}
	var into state
	if err := message("Object", `{}`).Decode(&into); err == nil || err.Error() != "a message of type Object: key count is missing" {
		t.Error(err)
	}
	var anything any
	if err := (reflow.Message{Type: "Flow"}).Decode(&anything); err != nil || anything != nil {
		t.Error(anything, err)
	}
}

func TestTheHostIsReached(t *testing.T) {
	host := reflowtest.New(t)
	var value []int
	if found, err := reflow.GetState("a", &value); found || err != nil {
		t.Error(found, err)
	}
	if err := reflow.SetState("a", []int{1}); err != nil || string(host.State["a"]) != "[1]" {
		t.Error(err, host.State)
	}
	if found, err := reflow.GetState("a", &value); !found || err != nil || value[0] != 1 {
		t.Error(found, err)
	}
	var text string
	if _, err := reflow.GetState("a", &text); err == nil {
		t.Error("an array is a text")
	}
	if err := reflow.Send(map[string]any{"a": 1, "b": nil}); err != nil || host.Sent[0] != `{"a":1,"b":null}` {
		t.Error(err, host.Sent)
	}
	if reflow.SetState("a", math.NaN()) == nil || reflow.Send(map[string]any{"a": math.Inf(1)}) == nil {
		t.Error("NaN is JSON")
	}
}
