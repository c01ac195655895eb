package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"plugbay.dev/guest"
	"plugbay.dev/guest/extism"
)

var about = map[string]any{
	"contract":    "plugbay-conformance/1",
	"abi":         "extism",
	"profile":     "actor",
	"language":    "go",
	"sdk":         "plugbay-guest-go",
	"sdk_version": guest.Version,
}

func contract([]byte) ([]byte, error) {
	return json.Marshal(about)
}

func echo(input []byte) ([]byte, error) {
	return input, nil
}

func empty([]byte) ([]byte, error) {
	return nil, nil
}

func reverse(input []byte) ([]byte, error) {
	slices.Reverse(input)
	return input, nil
}

func length(input []byte) ([]byte, error) {
	return strconv.AppendInt(nil, int64(len(input)), 10), nil
}

type repeatRequest struct {
	Text  string `json:"text"`
	Times int    `json:"times"`
}

func repeat(input []byte) ([]byte, error) {
	const most = 8 << 20
	request, err := extism.ReadJSON[repeatRequest](input)
	if err != nil {
		return nil, err
	}
	if request.Times < 0 || request.Times > most || request.Times*len(request.Text) > most {
		return nil, errors.New("key times: expected 0 to what makes 8 MiB of text")
	}
	return []byte(strings.Repeat(request.Text, request.Times)), nil
}

type transformRequest struct {
	Name   string      `json:"name"`
	Count  int64       `json:"count"`
	Ratio  float64     `json:"ratio"`
	Flags  []bool      `json:"flags"`
	Nested extism.JSON `json:"nested"`
}

type transformed struct {
	transformRequest
	Big int64 `json:"big"`
}

func transform(r transformRequest) (transformed, error) {
	if r.Count == math.MaxInt64 {
		return transformed{}, errors.New("key count: the sum does not fit into 64 bits")
	}
	r.Name += " ✓"
	r.Count++
	r.Ratio *= 2
	slices.Reverse(r.Flags)
	return transformed{r, 9007199254740993}, nil
}

func fail(input []byte) ([]byte, error) {
	return nil, errors.New(string(input))
}

func trap([]byte) ([]byte, error) {
	panic("the conformance guest was told to trap")
}

type logRequest struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

func (r logRequest) write() error {
	level, known := extism.ParseLevel(r.Level)
	if !known {
		return errors.New("key level: there is no level " + r.Level)
	}
	extism.Log(level, r.Text)
	return nil
}

func writeLog(input []byte) ([]byte, error) {
	request, err := extism.ReadJSON[logRequest](input)
	if err != nil {
		return nil, err
	}
	return []byte("ok"), request.write()
}

func configGet(key []byte) ([]byte, error) {
	var value *string
	if text, found := extism.Config(string(key)); found {
		value = &text
	}
	return json.Marshal(map[string]*string{"value": value})
}

// numbers are bytes that JSON shows as an array of numbers.
type numbers []uint16

func varGet(key []byte) ([]byte, error) {
	var value numbers
	if bytes, found := extism.Var(string(key)); found {
		value = make(numbers, len(bytes))
		for i, b := range bytes {
			value[i] = uint16(b)
		}
	}
	return json.Marshal(map[string]numbers{"value": value})
}

type varRequest struct {
	Key   string   `json:"key"`
	Value *numbers `json:"value"`
}

func varSet(input []byte) ([]byte, error) {
	request, err := extism.ReadJSON[varRequest](input)
	if err != nil {
		return nil, err
	}
	if request.Value == nil {
		extism.RemoveVar(request.Key)
		return []byte("ok"), nil
	}
	bytes := make([]byte, len(*request.Value))
	for i, number := range *request.Value {
		if number > 255 {
			return nil, errors.New("key value: " + strconv.Itoa(int(number)) + " is no byte")
		}
		bytes[i] = byte(number)
	}
	extism.SetVar(request.Key, bytes)
	return []byte("ok"), nil
}

func count([]byte) ([]byte, error) {
	counted := uint64(1)
	if value, found := extism.Var("count"); found {
		if len(value) != 8 {
			return nil, errors.New("the variable count has not 8 bytes")
		}
		counted += binary.LittleEndian.Uint64(value)
	}
	extism.SetVar("count", binary.LittleEndian.AppendUint64(nil, counted))
	return strconv.AppendUint(nil, counted, 10), nil
}

type httpRequest struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body"`
}

type httpResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func http(r httpRequest) (httpResponse, error) {
	request := extism.Request{Method: r.Method, URL: r.URL, Headers: r.Headers}
	if r.Body != nil {
		request.Body = []byte(*r.Body)
	}
	response, err := extism.HTTP(request)
	if err != nil {
		return httpResponse{}, err
	}
	return httpResponse{response.Status, response.Headers, string(response.Body)}, nil
}
