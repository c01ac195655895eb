// Package extism makes Extism plugins, on Extism's own go-pdk.
//
//	package main
//
//	import "plugbay.dev/guest/extism"
//
//	//go:wasmexport greet
//	func exportGreet() int32 { return extism.Call(greet) }
//
//	func greet(name []byte) ([]byte, error) {
//		if len(name) == 0 {
//			return nil, errors.New("there is nobody to greet")
//		}
//		return append([]byte("Hello, "), name...), nil
//	}
//
//	func main() {}
//
// Each function is exported by one line, since Go wants to know the name when it compiles; the work is in a function that
// knows nothing of WebAssembly. Build with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared.
//
// An error becomes the error of the call. A function that panics traps, after one log line at level error that says where.
package extism

import (
	"encoding/json"
	"strings"

	"plugbay.dev/guest/extism/internal/host"
	"plugbay.dev/guest/internal/crash"
	"plugbay.dev/guest/internal/heap"
	"plugbay.dev/guest/strictjson"
)

// A Function takes bytes and answers with bytes.
type Function func(input []byte) ([]byte, error)

// Call answers a call of an export with a function.
func Call(function Function) int32 {
	heap.Tick()
	return crash.Guard(logPanic, func() int32 { return answer(function(host.Input())) })
}

// CallJSON answers a call of an export with a function over JSON; see ReadJSON for what it takes.
func CallJSON[In, Out any](function func(In) (Out, error)) int32 {
	return Call(func(input []byte) ([]byte, error) {
		in, err := ReadJSON[In](input)
		if err != nil {
			return nil, err
		}
		out, err := function(in)
		if err != nil {
			return nil, err
		}
		return strictjson.Marshal(out)
	})
}

// ReadJSON reads a JSON value by the rules of package strictjson: it must fit T, and an error names the key that does not.
func ReadJSON[T any](input []byte) (T, error) {
	return strictjson.Read[T](input)
}

// JSON is for a JSON value of any form in a struct for CallJSON: it is kept as it is.
type JSON = json.RawMessage

func logPanic(line string) {
	host.Log(host.Error, line)
}

func answer(output []byte, err error) int32 {
	if err != nil {
		host.Fail(strings.ToValidUTF8(err.Error(), "\uFFFD"))
		return 1
	}
	host.Output(output)
	return 0
}
