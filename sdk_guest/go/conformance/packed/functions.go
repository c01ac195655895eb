package main

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"plugbay.dev/guest"
	"plugbay.dev/guest/packed"
)

func contract([]byte) ([]byte, error) {
	return json.Marshal(map[string]string{
		"contract":    "plugbay-conformance/1",
		"abi":         "priostack",
		"profile":     "packed",
		"language":    "go",
		"sdk":         "plugbay-guest-go",
		"sdk_version": guest.Version,
	})
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
	request, err := packed.ReadJSON[repeatRequest](input)
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
	Nested packed.JSON `json:"nested"`
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

func failObject(input []byte) ([]byte, error) {
	return json.Marshal(map[string]string{"error": string(input)})
}

func trap([]byte) ([]byte, error) {
	panic("the conformance guest was told to trap")
}

type logRequest struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

func writeLog(input []byte) ([]byte, error) {
	request, err := packed.ReadJSON[logRequest](input)
	if err != nil {
		return nil, err
	}
	level, known := packed.ParseLevel(request.Level)
	if !known {
		return nil, errors.New("key level: there is no level " + request.Level)
	}
	packed.Log(level, request.Text)
	return []byte("ok"), nil
}

func currentTime([]byte) ([]byte, error) {
	return strconv.AppendInt(nil, packed.Now(), 10), nil
}

func randomBytes(input []byte) ([]byte, error) {
	const most = 8 << 20
	size, err := strconv.Atoi(string(input))
	if err != nil || size < 0 || size > most {
		return nil, errors.New("the input is no number from 0 to 8388608")
	}
	return packed.Random(size), nil
}

var counted int64

func count([]byte) ([]byte, error) {
	counted++
	return strconv.AppendInt(nil, counted, 10), nil
}
