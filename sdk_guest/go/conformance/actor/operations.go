package main

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"

	"plugbay.dev/guest/reflow"
)

// object is what an operation answers; the name of the operation is added.
type object map[string]any

// operate runs the operation that a message names.
func operate(c *context, message reflow.Message) error {
	var named struct {
		Op string `json:"op"`
	}
	if err := message.Decode(&named); err != nil {
		return err
	}
	run, found := operations[named.Op]
	if !found {
		return errors.New("there is no operation " + named.Op)
	}
	answer, err := run(c, message)
	if err != nil || answer == nil {
		return err
	}
	answer["op"] = named.Op
	c.Output("result", reflow.Object(answer))
	return nil
}

var operations = map[string]func(*context, reflow.Message) (object, error){
	"contract":      func(*context, reflow.Message) (object, error) { return maps.Clone(object(about)), nil },
	"types":         makeTypes,
	"context":       tellContext,
	"state_get":     stateGet,
	"state_set":     stateSet,
	"state_replace": stateReplace,
	"state_keep":    func(*context, reflow.Message) (object, error) { return object{}, nil },
	"count":         stateCount,
	"send":          send,
	"silent":        func(*context, reflow.Message) (object, error) { return nil, nil },
	"log":           writeLine,
	"big":           big,
	"fail":          failWith,
	"trap":          func(*context, reflow.Message) (object, error) { panic("the conformance guest was told to trap") },
}

func makeTypes(c *context, _ reflow.Message) (object, error) {
	for port, message := range map[string]reflow.Message{
		"flow_out":     reflow.Flow(),
		"event_out":    reflow.Event(object{"kind": "tick"}),
		"boolean_out":  reflow.Boolean(true),
		"integer_out":  reflow.Integer(math.MinInt64),
		"float_out":    reflow.Float(0.1),
		"string_out":   reflow.String("Grüße, 世界 🚀"),
		"object_out":   reflow.Object(object{"a": object{"b": 1}}),
		"array_out":    reflow.Array([]any{1, "two", nil}),
		"stream_out":   reflow.Stream([]byte{0, 127, 128, 255}),
		"optional_out": reflow.Optional(7),
		"any_out":      reflow.Any([]bool{true}),
		"error_out":    reflow.Error("broken"),
	} {
		c.Output(port, message)
	}
	return nil, nil
}

func tellContext(c *context, _ reflow.Message) (object, error) {
	return object{
		"config":    c.RawConfig(),
		"node_id":   c.Node.ID,
		"component": c.Node.Component,
		"state":     c.RawState(),
	}, nil
}

func stateGet(_ *context, message reflow.Message) (object, error) {
	var request struct {
		Key string `json:"key"`
	}
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	var value json.RawMessage
	_, err := reflow.GetState(request.Key, &value)
	return object{"value": value}, err
}

func stateSet(_ *context, message reflow.Message) (object, error) {
	var request struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	return object{}, reflow.SetState(request.Key, request.Value)
}

func stateReplace(c *context, message reflow.Message) (object, error) {
	var request struct {
		State state `json:"state"`
	}
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	c.ReplaceState(request.State)
	return object{}, nil
}

func stateCount(c *context, _ reflow.Message) (object, error) {
	count, err := c.State.count()
	if err != nil {
		return nil, err
	}
	if c.State == nil {
		c.State = state{}
	}
	c.State["count"] = json.RawMessage(strconv.FormatInt(count+1, 10))
	c.SaveState()
	return object{"count": count + 1}, nil
}

// count is the number under that key, 0 without one.
func (s state) count() (int64, error) {
	text, found := s["count"]
	if !found {
		return 0, nil
	}
	count, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || count == math.MaxInt64 {
		return 0, errors.New("state.count is no integer that can be counted on")
	}
	return count, nil
}

func send(_ *context, message reflow.Message) (object, error) {
	var request struct {
		Port   string            `json:"port"`
		Values []json.RawMessage `json:"values"`
	}
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	for _, value := range request.Values {
		if err := reflow.Send(map[string]any{request.Port: value}); err != nil {
			return nil, err
		}
	}
	return object{"sent": len(request.Values)}, nil
}

func writeLine(_ *context, message reflow.Message) (object, error) {
	var request logRequest
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	return object{}, request.write()
}

func big(_ *context, message reflow.Message) (object, error) {
	const most = 8 << 20
	var request struct {
		Size int `json:"size"`
	}
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	if request.Size < 0 || request.Size > most {
		return nil, errors.New("key size: expected 0 to 8388608")
	}
	return object{"text": strings.Repeat("x", request.Size)}, nil
}

func failWith(_ *context, message reflow.Message) (object, error) {
	var request struct {
		Reason string `json:"reason"`
	}
	if err := message.Decode(&request); err != nil {
		return nil, err
	}
	return nil, errors.New(request.Reason)
}
