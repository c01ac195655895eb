// The conformance guest of fluxrig's extended profile.
package main

import (
	"errors"
	"strconv"

	"plugbay.dev/guest/conformance/gear"
	"plugbay.dev/guest/fluxrig"
)

func init() {
	gear.Profile = "extended"
	fluxrig.Handle(answer)
}

func answer(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	op, err := m.Text("op")
	if err != nil {
		return nil, err
	}
	if run, found := operations[op]; found {
		return run(m)
	}
	reply, err := gear.Answer(m)
	if err != nil || reply == nil {
		return nil, err
	}
	return fluxrig.Send(reply)
}

var operations = map[string]fluxrig.Handler{
	"fan_out":     fanOut,
	"emit":        emit,
	"emit_fail":   emitFail,
	"state_get":   stateGet,
	"state_put":   statePut,
	"state_count": stateCount,
	"http":        http,
	"time":        now,
	"random":      random,
}

// with sends the input with other data: the operation and some keys.
func with(m *fluxrig.Message, data map[string]any) ([]*fluxrig.Message, error) {
	return fluxrig.Send(copyWith(m, data))
}

func copyWith(m *fluxrig.Message, data map[string]any) *fluxrig.Message {
	data["op"] = m.Data["op"]
	return m.With(data)
}

func fanOut(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	count, err := gear.Size(m, "count")
	if err != nil {
		return nil, err
	}
	messages := make([]*fluxrig.Message, count)
	for i := range messages {
		messages[i] = copyWith(m, map[string]any{"index": i})
	}
	return fluxrig.Send(messages...)
}

func emit(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	count, countErr := gear.Size(m, "count")
	answer, answerErr := m.Bool("answer")
	if err := errors.Join(countErr, answerErr); err != nil {
		return nil, err
	}
	for i := range count {
		if err := fluxrig.Emit(copyWith(m, map[string]any{"index": i})); err != nil {
			return nil, err
		}
	}
	if !answer {
		return fluxrig.Drop()
	}
	return with(m, map[string]any{"index": count})
}

func emitFail(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	reason, err := m.Text("reason")
	if err != nil {
		return nil, err
	}
	if err := fluxrig.Emit(copyWith(m, map[string]any{})); err != nil {
		return nil, err
	}
	return nil, errors.New(reason)
}

func stateGet(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	key, err := m.Text("key")
	if err != nil {
		return nil, err
	}
	if value, found := fluxrig.GetState(key); found {
		return with(m, map[string]any{"value": value})
	}
	return with(m, map[string]any{"value": nil})
}

func statePut(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	key, keyErr := m.Text("key")
	value, valueErr := m.Bytes("value")
	if err := errors.Join(keyErr, valueErr); err != nil {
		return nil, err
	}
	return with(m, map[string]any{"stored": fluxrig.PutState(key, value) == nil})
}

func stateCount(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	key, err := m.Text("key")
	if err != nil {
		return nil, err
	}
	count := int64(0)
	if value, found := fluxrig.GetState(key); found {
		if count, err = strconv.ParseInt(string(value), 10, 64); err != nil {
			return nil, errors.New("the state is no decimal number")
		}
	}
	count++
	if err := fluxrig.PutState(key, strconv.AppendInt(nil, count, 10)); err != nil {
		return nil, err
	}
	return with(m, map[string]any{"count": count})
}

func http(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	url, urlErr := m.Text("url")
	body, bodyErr := m.Bytes("body")
	if err := errors.Join(urlErr, bodyErr); err != nil {
		return nil, err
	}
	response, err := fluxrig.HTTP(url, body)
	if err == fluxrig.ErrRefused {
		return with(m, map[string]any{"refused": true})
	}
	if err != nil {
		return nil, err
	}
	return with(m, map[string]any{
		"refused": false,
		"status":  response.Status,
		"headers": response.Headers,
		"body":    response.Body,
	})
}

func now(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	time, err := fluxrig.Now()
	if err != nil {
		return nil, err
	}
	return with(m, map[string]any{"time": time})
}

func random(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	size, err := gear.Size(m, "size")
	if err != nil {
		return nil, err
	}
	bytes, err := fluxrig.Random(size)
	if err != nil {
		return nil, err
	}
	return with(m, map[string]any{"bytes": bytes})
}

func main() {}
